"""Alembic migrations, one module per schema version; only `queuectl-migrate` and a restore run them.

They must not use the store: each works on the tables as they were at its time.
"""
