"""The queue itself: its values, its store on a database, the output of attempts, backups.

It must not know HTTP or the command line, and it starts no processes.
"""

__version__ = "0.1.0"
