"""Returns unused disk space to the file system."""

from queuectl_core.sqlite.session import WAL_BYTES, SqliteSession

KEPT_PAGES = 4096
"""Free pages to keep in the file (16 MiB), so that it does not have to grow again immediately."""

STEP_PAGES = 200
"""Pages returned per transaction, about 10 ms, so that others can write in between."""

MAX_STEPS = 20
"""Steps per call."""

TRUNCATE_MS = 100
"""How long to wait for a writer, and then for readers of the WAL, during which no one else can write."""

LEFT_PAGES = 1000
"""If more pages of the WAL are still in use, there is a long-running reader, which is not worth waiting for."""


class SqliteSpace:
    """See Space."""

    def __init__(self, session: SqliteSession) -> None:
        self._session = session

    def give_back(self) -> None:
        """See Space. The database file shrinks only if it was created or rewritten with `auto_vacuum`."""
        if self._wal_bytes() > WAL_BYTES:
            self._truncate_wal()
        elif spare := self._spare_pages():
            self._shrink_database(min(spare, MAX_STEPS * STEP_PAGES))

    def blocker(self) -> None:
        """See Space. Readers keep the WAL from being restarted, not deleted rows."""

    def _wal_bytes(self) -> int:
        try:
            return self._session.path.with_name(f"{self._session.path.name}-wal").stat().st_size
        except FileNotFoundError:
            return 0

    def _truncate_wal(self) -> None:
        """Truncate the WAL. SQLite restarts it only at a write without readers; with many readers, possibly never."""
        found = self._session.checkpoint("PASSIVE", TRUNCATE_MS)  # others can write meanwhile
        if found is None:
            return
        pages, copied = found
        if pages - copied <= LEFT_PAGES:
            self._session.checkpoint("TRUNCATE", TRUNCATE_MS)

    def _spare_pages(self) -> int:
        """The number of free pages beyond KEPT_PAGES."""
        if not self._session.value("PRAGMA auto_vacuum"):
            return 0
        free: int = self._session.value("PRAGMA freelist_count")
        return max(0, free - KEPT_PAGES)

    def _shrink_database(self, pages: int) -> None:
        for first in range(0, pages, STEP_PAGES):
            with self._session.transaction():
                for _ in range(min(STEP_PAGES, pages - first)):
                    self._session.execute("PRAGMA incremental_vacuum(1)")  # a larger number frees only one as well
        self._session.checkpoint("PASSIVE", TRUNCATE_MS)  # the file shrinks only now
