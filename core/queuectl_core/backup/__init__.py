"""Backup and restore: a tar of the database and the output, made and restored while the queue is in use.

This package must not know how a database copies or replaces its tables, nor where logs are kept: that is the business
of the driver's `Snapshot` and of the `LogStore`.
"""
