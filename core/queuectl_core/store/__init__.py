"""The operations of the queue, in portable SQL, on top of a `Session` and a `Driver`.

Independent of the database: no imports from a driver's package, no database files.
"""
