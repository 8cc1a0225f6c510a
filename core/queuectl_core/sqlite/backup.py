"""A backup: one plain tar with a copy of the database, all logs, and a manifest that says that it is whole."""

import json
import sqlite3
import tarfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from queuectl_core.failure import failure
from queuectl_core.logs import CHUNK, Logs
from queuectl_core.schema import SCHEMA_VERSION
from queuectl_core.scratch import scratch
from queuectl_core.sqlite.store import Store

DATABASE = "queue.db"
LOGS = "logs"
MANIFEST = "manifest.json"
PIECE = 1 << 20


def scratch_for_backup(data_dir: Path) -> Path:
    """Where the copy is while it is made."""
    return data_dir / "backup"


def backup(database: Path, logs: Logs | None, data_dir: Path) -> Iterator[bytes]:
    """The tar, in pieces of about PIECE bytes: DATABASE, then logs/GROUP/SEQ-ATTEMPT.log, then MANIFEST.

    The database's copy is made before this returns; from then on it has no name, and is gone with the iterator.
    Without `logs` the output is left out. Raises DatabaseUnusable, UnderWay, OSError.
    """
    with scratch(scratch_for_backup(data_dir)) as room:
        copy = room / DATABASE
        with Store(database, durable=False) as store:
            store.contents.copy(copy)
        if logs is None:
            _remove_output(copy)
        file = copy.open("rb")
        connection = sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True, check_same_thread=False)
    return _pieces(_tar(file, connection, logs))


def _remove_output(copy: Path) -> None:
    """Take all that commands have printed out of the copy; what they died of may name their last line."""
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.create_function("failure", 3, failure, deterministic=True)
        connection.execute("UPDATE attempt SET output = NULL, output_tail = NULL WHERE output_bytes > 0")
        connection.execute(
            "UPDATE job SET failure = failure(command, error, worker)"
            " WHERE state = 'dead' AND failure LIKE '%exit status %:%'"
        )


def _tar(file: BinaryIO, connection: sqlite3.Connection, logs: Logs | None) -> Iterator[bytes]:
    now = time.time()
    count = 0
    with file, closing(connection):
        yield from _member(DATABASE, file.seek(0, 2), now, _content(file))
        for seq, attempt in connection.execute("SELECT seq, number FROM attempt ORDER BY seq, number") if logs else ():
            if logs and (size := logs.kept(seq, attempt)):
                yield from _member(log_name(seq, attempt), size, now, _output(logs, seq, attempt, size))
                count += 1
        [jobs] = connection.execute("SELECT count(*) FROM job").fetchone()
    manifest = json.dumps({"schema": SCHEMA_VERSION, "jobs": jobs, "logs": count}).encode()
    yield from _member(MANIFEST, len(manifest), now, [manifest])
    yield bytes(2 * tarfile.BLOCKSIZE)


def log_name(seq: int, attempt: int) -> str:
    """What an attempt's output is called in the tar."""
    return str(Logs(Path(LOGS)).path(seq, attempt))


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


def _output(logs: Logs, seq: int, attempt: int, size: int) -> Iterator[bytes]:
    """Exactly `size` bytes, as that was told already: no more where it grows, and NULs where it was deleted."""
    offset = 0
    while size:
        piece = logs.read(seq, attempt, offset)
        chunk = piece.content[:size] or bytes(min(size, CHUNK))
        offset, size = piece.end, size - len(chunk)
        yield chunk


def _pieces(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces, each of which costs its sender a change of threads."""
    piece = bytearray()
    for chunk in chunks:
        piece += chunk
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
