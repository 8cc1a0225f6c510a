"""Plain values: jobs, attempts, queues, workers, their states and limits.

No SQL, no files, no database. Modules that a worker imports do not use pydantic.
"""
