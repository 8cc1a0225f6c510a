"""Tests of what is only in the driver for PostgreSQL, and a server for all tests that need one."""
