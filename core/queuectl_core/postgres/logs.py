"""The output of attempts in the table `log_chunk`, for readers on any host.

A chunk is what was written at once. Its start is the position of its first byte in everything that was printed, so a
gap between two chunks is output that was not kept. Commits are asynchronous, which is cheap; whatever is written before
the report of an attempt becomes durable with it, as the server writes its log in order.
"""

import errno
import logging
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from queuectl_core.logs.parts import CHUNK, Part, size, tail_offset
from queuectl_core.logs.piece import Piece, gap
from queuectl_core.logs.store import GROUP
from queuectl_core.postgres.connection import connect, is_idle
from queuectl_core.postgres.faults import named
from queuectl_core.postgres.url import server_and_name

log = logging.getLogger("queuectl.logs")

INTERVAL = 0.1
"""Output of a command that prints little at a time is collected for this many seconds."""

RESTORING = "pg_{}advisory_{}(hashtextextended('queuectl restore', 0))"
"""The lock that a restore holds while there are logs without a job."""

_PARTS = (
    "SELECT min(start), max(stop) FROM"
    " (SELECT start, stop, count(*) FILTER (WHERE begins) OVER (ORDER BY start) AS part FROM"
    " (SELECT start, start + length(data) AS stop,"
    " start > coalesce(lag(start + length(data)) OVER (ORDER BY start), 0) AS begins"
    " FROM log_chunk WHERE seq = %s AND attempt = %s) AS chunk) AS numbered GROUP BY part ORDER BY 1"
)

_FROM = (
    "SELECT start, CASE WHEN start <= %(at)s THEN substr(data, (%(at)s - start)::int + 1, %(most)s) END FROM log_chunk"
    " WHERE seq = %(seq)s AND attempt = %(attempt)s AND start >= coalesce((SELECT max(start) FROM log_chunk"
    " WHERE seq = %(seq)s AND attempt = %(attempt)s AND start <= %(at)s), 0) ORDER BY start LIMIT 2"
)
"""The chunk that holds a position, if there is one, and the start of the next one, as of one moment."""


class PostgresLogs:
    """See LogStore. One connection, used by one thread at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._connection: psycopg.Connection | None = None
        self.location = f"the database {server_and_name(url)}"

    def writer(self, seq: int, attempt: int, max_bytes: int, written: int = 0) -> "ChunkWriter":
        """See LogStore."""
        return ChunkWriter(self, seq, attempt, max_bytes, written)

    def read(self, seq: int, attempt: int, offset: int = 0) -> Piece:
        """See LogStore."""
        rows = self.rows(_FROM, {"seq": seq, "attempt": attempt, "at": offset, "most": CHUNK})
        for start, content in rows:
            if content:
                return Piece(content, offset, offset + len(content))
            if start > offset:
                return gap(offset, start)
        return Piece(b"", offset, offset)

    def tail_offset(self, seq: int, attempt: int, lines: int) -> int:
        """See LogStore."""

        def read_at(start: int, end: int) -> bytes:
            content = b""
            while start + len(content) < end:
                piece = self.read(seq, attempt, start + len(content))
                if piece.missing or not piece.content:
                    return b""
                content += piece.content
            return content[: end - start]

        return tail_offset(self._parts(seq, attempt), read_at, lines)

    def size(self, seq: int, attempt: int) -> int:
        """See LogStore."""
        return size(self._parts(seq, attempt))

    def _parts(self, seq: int, attempt: int) -> list[Part]:
        return [(start, stop) for start, stop in self.rows(_PARTS, (seq, attempt))]

    def delete(self, seq: int, attempts: int) -> None:
        """See LogStore."""
        try:
            self.execute("DELETE FROM log_chunk WHERE seq = %s AND attempt BETWEEN 1 AND %s", (seq, attempts))
        except OSError as fault:
            log.warning("a log is left to be removed later: %s", fault)

    def sweep(self, existing: Callable[[range], set[int]]) -> int:
        """See LogStore. Does nothing during a restore."""
        removed, following = 0, 0
        while (found := self._value("SELECT min(seq) FROM log_chunk WHERE seq >= %s", (following,))) is not None:
            group = range(found // GROUP * GROUP, (found // GROUP + 1) * GROUP)
            seqs = self.rows("SELECT DISTINCT seq FROM log_chunk WHERE seq >= %s AND seq < %s", (group[0], group.stop))
            jobs = existing(group)
            unowned = [seq for (seq,) in seqs if seq not in jobs]
            if unowned and self._value(f"SELECT {RESTORING.format('try_', 'xact_lock_shared')}"):
                removed += self.execute("DELETE FROM log_chunk WHERE seq = ANY(%s::bigint[])", (unowned,))
            following = group.stop
        return removed

    def check_writable(self) -> None:
        """See LogStore."""
        if self._value("SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool"):
            raise OSError(errno.EROFS, "the database is read-only")

    def free_bytes(self) -> int:
        """See LogStore. Unknown: the server's disk cannot be seen from here."""
        return sys.maxsize

    def stage(self, directory: Path) -> "StagedChunks":
        """See LogStore."""
        return StagedChunks(self._url)

    def delete_all_but(self, kept: range, newest: int) -> None:
        """See LogStore."""
        self.execute(
            "DELETE FROM log_chunk WHERE seq BETWEEN 0 AND %s AND seq NOT BETWEEN %s AND %s",
            (newest, kept.start, kept.stop - 1),
        )

    # One statement each, as a transaction of its own. All raise OSError.

    def rows(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self._connected() as connection:
            return connection.execute(sql.encode(), parameters).fetchall()

    def execute(self, sql: str, parameters: Any) -> int:
        """Run a statement; returns the number of changed rows."""
        with self._connected() as connection:
            return connection.execute(sql.encode(), parameters).rowcount

    def _value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        return self.rows(sql, parameters)[0][0]

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection]:
        with self._lock, _as_os_error():
            if self._connection is not None and not is_idle(self._connection):
                self._connection.close()
                self._connection = None
            if self._connection is None:
                self._connection = connect(self._url, synchronous_commit="off")
            yield self._connection


class ChunkWriter:
    """See LogWriter. `max_bytes`, `written`: see LogStore.writer; until it is closed, an eighth more is kept.

    Each cut deletes chunks and writes one again, so a cut after each write would double its cost.
    """

    interval = INTERVAL

    def __init__(self, logs: PostgresLogs, seq: int, attempt: int, max_bytes: int, written: int) -> None:
        self._logs = logs
        self._key = seq, attempt
        self._first = max_bytes // 2
        self._last = max_bytes - self._first
        self._kept_from = self._first
        self._fresh = True
        self.written = written

    def write(self, data: memoryview) -> int:
        """See LogWriter."""
        if self._fresh:
            self._remove_from(self.written)
            self._fresh = False
        done = 0
        try:
            while done < len(data):
                done += self._write_some(data[done:])
        except OSError:
            if not done:
                raise
        return done

    def close(self) -> None:
        """See LogWriter."""
        with suppress(OSError):  # readers have all that was written, and perhaps more
            self._cut(self._last)

    def _write_some(self, data: memoryview) -> int:
        if self.written < self._first:
            data = data[: self._first - self.written]
        self._logs.execute(
            "INSERT INTO log_chunk (seq, attempt, start, data) VALUES (%s, %s, %s, %s)",
            (*self._key, self.written, bytes(data[:CHUNK])),
        )
        self.written += len(data[:CHUNK])
        self._cut(self._last + self._last // 8)
        return len(data[:CHUNK])

    def _remove_from(self, position: int) -> None:
        """Remove what an earlier writer of the attempt has left behind this position."""
        self._logs.execute(
            "WITH gone AS (DELETE FROM log_chunk WHERE seq = %(seq)s AND attempt = %(attempt)s AND start >= %(at)s)"
            " UPDATE log_chunk SET data = substr(data, 1, (%(at)s - start)::int)"
            " WHERE seq = %(seq)s AND attempt = %(attempt)s AND start < %(at)s AND start + length(data) > %(at)s",
            {"seq": self._key[0], "attempt": self._key[1], "at": position},
        )

    def _cut(self, most: int) -> None:
        """If more than `most` bytes after the first part are kept, keep the last ones only."""
        position = self.written - self._last
        if self.written - self._kept_from <= most:
            return
        self._logs.execute(
            "WITH gone AS (DELETE FROM log_chunk WHERE seq = %(seq)s AND attempt = %(attempt)s AND start >= %(first)s"
            " AND start + length(data) <= %(at)s)"
            " UPDATE log_chunk SET data = substr(data, (%(at)s - start)::int + 1), start = %(at)s"
            " WHERE seq = %(seq)s AND attempt = %(attempt)s AND start >= %(first)s AND start < %(at)s"
            " AND start + length(data) > %(at)s",
            {"seq": self._key[0], "attempt": self._key[1], "first": self._first, "at": position},
        )
        self._kept_from = position


class StagedChunks:
    """See LogStaging. Until they are published, chunks have the negative `seq` of their job, which no job has."""

    def __init__(self, url: str) -> None:
        with _as_os_error():
            self._connection = connect(url, synchronous_commit="off")
            self._connection.execute(f"SELECT {RESTORING.format('', 'lock')}".encode())
            self._connection.execute("DELETE FROM log_chunk WHERE seq < 0")  # of a restore that did not end

    def add(self, seq: int, attempt: int, content: Iterable[bytes]) -> None:
        """See LogStaging."""
        start = 0
        pieces = (piece[at : at + CHUNK] for piece in content for at in range(0, len(piece), CHUNK))
        with (
            _as_os_error(),
            self._connection.cursor() as cursor,
            cursor.copy("COPY log_chunk (seq, attempt, start, data) FROM STDIN (FORMAT binary)") as target,
        ):
            target.set_types(["int8", "int4", "int8", "bytea"])
            for piece in pieces:
                target.write_row((-seq, attempt, start, piece))
                start += len(piece)

    def flush(self) -> None:
        """See LogStaging. The commit of the restore makes all earlier ones durable."""

    def publish(self) -> None:
        """See LogStaging. The output itself is not written again."""
        with _as_os_error():
            self._connection.execute("UPDATE log_chunk SET seq = -seq WHERE seq < 0")

    def close(self) -> None:
        """See LogStaging. Ends the lock as well."""
        with suppress(psycopg.Error):  # otherwise the next restore removes what was not published
            self._connection.execute("DELETE FROM log_chunk WHERE seq < 0")
        self._connection.close()


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as fault:
        raise OSError(errno.EIO, str(named(fault))) from fault
