"""What a power cut leaves of the queue, wherever it comes.

The real system runs on a file system that records every write and fsync in their order (`filesystem`). From the
recording it is known what can be on the disk at any moment (`disk`), and what clients had been told by then
(`history`); the database in that state is opened and held against it (`inspection`).
"""
