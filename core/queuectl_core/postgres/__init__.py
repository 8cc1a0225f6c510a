"""The queue in PostgreSQL, for workers and APIs on many hosts.

Nothing outside knows these modules except `open_store`. Differences from SQLite: transactions run concurrently, so rows
that decide what is written are locked (`Dialect.lock_rows`); the database's clock decides what is due; and counts are
kept as increments that are summed up later, because a row that every transaction updates would make them wait for each
other.
"""
