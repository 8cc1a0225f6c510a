"""The SQLite driver: the parts that depend on SQLite's concurrency model, a single writer at a time.

No requests of users, no HTTP, no processes of workers.
"""
