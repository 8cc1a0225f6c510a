"""queuectl: the command line. It talks to the API over HTTP, and to nothing else."""

__version__ = "0.1.0"
