"""A backup: one plain tar with a copy of the database, all logs, and a manifest that shows that it is complete."""

import json
import re
import sqlite3
import tarfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from queuectl_core.logs.store import LogStore
from queuectl_core.model.failure import failure
from queuectl_core.schema import SCHEMA_VERSION
from queuectl_core.store.open import open_store
from queuectl_core.temp_dir import exclusive_temp_dir

DATABASE = "queue.db"
LOGS = "logs"
MANIFEST = "manifest.json"
PIECE = 1 << 20

_LOG = re.compile(rf"{LOGS}/\d+/(\d{{1,15}})-(\d{{1,9}})\.log")


def log_name(seq: int, attempt: int) -> str:
    """The name of an attempt's output in the tar. Backups of all versions use it, whatever store the logs are in."""
    return f"{LOGS}/{seq // 1000:06d}/{seq}-{attempt}.log"


def log_key(name: str) -> tuple[int, int] | None:
    """The job's `seq` and the attempt's number; None unless the name is exactly what a backup gives it."""
    found = _LOG.fullmatch(name)
    if found is None:
        return None
    seq, attempt = int(found[1]), int(found[2])
    return (seq, attempt) if log_name(seq, attempt) == name else None


def backup_temp_dir(data_dir: Path) -> Path:
    """Where the database is copied to."""
    return data_dir / "backup"


def backup(url: str, logs: LogStore | None, data_dir: Path) -> Iterator[bytes]:
    """The tar, in pieces of about PIECE bytes: DATABASE, then logs/GROUP/SEQ-ATTEMPT.log, then MANIFEST.

    The database is copied before this returns. The copy is unlinked at once, so it disappears with the iterator.
    Without `logs` all output is left out. Raises DatabaseUnusable, UnderWay, OSError.
    """
    with exclusive_temp_dir(backup_temp_dir(data_dir)) as room:
        copy = room / DATABASE
        with open_store(url, durable=False) as store:
            store.snapshot.copy(copy)
        if logs is None:
            _remove_output(copy)
        file = copy.open("rb")
        connection = sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True, check_same_thread=False)
    return _pieces(_tar(file, connection, logs))


def _remove_output(copy: Path) -> None:
    """Remove everything that commands have printed from the copy. Failures may quote the last line of an output."""
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.create_function("failure", 3, failure, deterministic=True)
        connection.execute("UPDATE attempt SET output = NULL, output_tail = NULL WHERE output_bytes > 0")
        connection.execute(
            "UPDATE job SET failure = failure(command, error, worker)"
            " WHERE state = 'dead' AND failure LIKE '%exit status %:%'"
        )


def _tar(file: BinaryIO, connection: sqlite3.Connection, logs: LogStore | None) -> Iterator[bytes]:
    now = time.time()
    count = 0
    with file, closing(connection):
        yield from _member(DATABASE, file.seek(0, 2), now, _content(file))
        for seq, attempt in connection.execute("SELECT seq, number FROM attempt ORDER BY seq, number") if logs else ():
            if logs and (size := logs.size(seq, attempt)):
                yield from _member(log_name(seq, attempt), size, now, _output(logs, seq, attempt, size))
                count += 1
        [jobs] = connection.execute("SELECT count(*) FROM job").fetchone()
    manifest = json.dumps({"schema": SCHEMA_VERSION, "jobs": jobs, "logs": count}).encode()
    yield from _member(MANIFEST, len(manifest), now, [manifest])
    yield bytes(2 * tarfile.BLOCKSIZE)


def _member(name: str, size: int, moment: float, content: Iterable[bytes]) -> Iterator[bytes]:
    header = tarfile.TarInfo(name)
    header.size, header.mtime, header.mode = size, int(moment), 0o600
    yield header.tobuf(tarfile.GNU_FORMAT)
    yield from content
    yield bytes(-size % tarfile.BLOCKSIZE)


def _content(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(PIECE):
        yield chunk


def _output(logs: LogStore, seq: int, attempt: int, size: int) -> Iterator[bytes]:
    """Exactly `size` bytes, as the header has named that size: less than all if it grows, NULs if it was deleted."""
    offset = 0
    while size:
        piece = logs.read(seq, attempt, offset)
        chunk = piece.content[:size] or bytes(min(size, PIECE))
        offset, size = piece.end, size - len(chunk)
        yield chunk


def _pieces(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces: each costs the sender a change of threads."""
    piece = bytearray()
    for chunk in chunks:
        piece += chunk
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
