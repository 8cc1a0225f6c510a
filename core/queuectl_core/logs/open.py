"""Opening a log store by its URL."""

from pathlib import Path

from queuectl_core.logs.store import LogStore

FILES = "file://"


def open_log_store(url: str) -> LogStore:
    """The log store at `url`: `file:///DIRECTORY`, which is made at the first write, or `postgresql://…`."""
    # Imported here: a process loads only the store that it uses.
    if not url.startswith(FILES):
        from queuectl_core.postgres.logs import PostgresLogs

        return PostgresLogs(url)
    from queuectl_core.logs.files import LogFiles

    return LogFiles(Path(url.removeprefix(FILES)))
