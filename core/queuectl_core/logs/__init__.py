"""The output of attempts: bounded in size, written by workers and their guards, and readable while it grows.

This package must not know jobs, queues or the database: here an attempt is the `seq` of its job and its own number.
"""
