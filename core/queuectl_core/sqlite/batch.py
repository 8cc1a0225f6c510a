"""Batches in SQLite."""

from queuectl_core.store.staged_batch import TEMPLATE, StagedBatch


class SqliteBatch(StagedBatch):
    """See StagedBatch."""

    def _create_tables(self) -> None:
        self._session.execute("CREATE TEMP TABLE staged (position INTEGER PRIMARY KEY, id, command, template)")
        self._session.execute(f"CREATE TEMP TABLE template (template INTEGER PRIMARY KEY, {TEMPLATE})")

    def _insert(self, entry: int | None) -> int:
        newest: int = self._session.value("SELECT max(seq) FROM job") or 0
        inserted = self._session.execute(
            f"INSERT INTO job {self._inserted('?')} WHERE true ORDER BY position ON CONFLICT DO NOTHING",
            self._given(entry),
        )
        if inserted < len(self):
            raise self._duplicate("seq <= ?", (newest,))
        return newest + 1
