"""Tests of what is only in the driver for SQLite: files, locks, query plans, migrations."""
