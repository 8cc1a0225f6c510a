"""Bringing a backup back, while the API and workers run."""

import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tarfile import BLOCKSIZE, REGTYPE, EOFHeaderError, TarError, TarInfo  # type: ignore[attr-defined]
from typing import BinaryIO, TypeAlias

from queuectl_core.audit import Done
from queuectl_core.caller import Caller
from queuectl_core.errors import DatabaseUnusable, InvalidBackup
from queuectl_core.logs import GROUP, Logs
from queuectl_core.schema import SCHEMA_VERSION
from queuectl_core.scratch import scratch
from queuectl_core.sqlite.backup import DATABASE, LOGS, MANIFEST, PIECE, log_name
from queuectl_core.sqlite.store import Store

Member: TypeAlias = tuple[str, Iterator[bytes]]
"""Name and content."""

_LOG = re.compile(rf"{LOGS}/\d+/(\d{{1,15}})-(\d{{1,9}})\.log")


@dataclass(frozen=True, slots=True)
class Restored:
    """How many jobs there are now, and how many files with output of theirs."""

    jobs: int
    logs: int


def scratch_for_restore(data_dir: Path) -> Path:
    """Where a backup is unpacked."""
    return data_dir / "restore"


def restore(
    tar: BinaryIO,
    database: Path,
    logs: Logs,
    data_dir: Path,
    upgrade: Callable[[Path], None],
    hold_back: float,
    by: Caller,
    verify: Callable[[Store], None],
) -> Restored:
    """Put the backup in the place of all jobs, logs and settings; see Contents.replace for `hold_back`.

    `upgrade` brings a database to this version. `verify` is called first in the transaction, and raises where `by` may
    not do this any more. Nothing that exists is touched before all of the backup was found
    good. Logs are in their place before the one commit that counts, and those of before are removed after it: whoever
    dies on the way leaves files without a job at most. Raises InvalidBackup, DatabaseUnusable, UnderWay, OSError, and
    what `verify` raises.
    """
    with scratch(scratch_for_restore(data_dir)) as room, Store(database, durable=True) as store:
        copy, unpacked = room / DATABASE, Logs(room / LOGS)
        members = _members(tar)
        reserved = store.contents.reserve(_unpack_database(members, copy, upgrade))
        restored = _unpack_logs(members, copy, unpacked, shift=reserved[0])
        os.sync()  # the commit must not be on the disk before the logs are

        def finish() -> None:
            store.audit.record_range(by, Done.RESTORE, reserved, restored.jobs)
            _place(unpacked, logs)

        newest = store.contents.replace(copy, reserved[0], hold_back, lambda: verify(store), finish)
    with suppress(OSError):  # it is done; what stays is output of no job
        _remove_all_but(logs, reserved, newest)
    return restored


def _members(tar: BinaryIO) -> Iterator[Member]:
    """What is in the tar, in its order; each is to be read before the next.

    Read by hand, as TarFile keeps all members in memory, follows links, and takes a broken header for the end.
    """
    while True:
        try:
            header = TarInfo.frombuf(tar.read(BLOCKSIZE), "utf-8", "surrogateescape")
        except EOFHeaderError:
            return
        except TarError as fault:
            reason = "it breaks off before its end" if tar.tell() > BLOCKSIZE else "it is no tar, or a compressed one"
            raise InvalidBackup(f"{reason} ({fault})") from fault
        if header.type != REGTYPE or header.size < 0:
            raise InvalidBackup(f"{header.name!r} in it is not a plain file")
        end = tar.tell() + header.size + -header.size % BLOCKSIZE
        yield header.name, _content(tar, header.size)
        tar.seek(end)


def _content(tar: BinaryIO, size: int) -> Iterator[bytes]:
    while size:
        chunk = tar.read(min(size, PIECE))
        if not chunk:
            raise InvalidBackup("it breaks off before its end")
        size -= len(chunk)
        yield chunk


def _unpack_database(members: Iterator[Member], copy: Path, upgrade: Callable[[Path], None]) -> int:
    """The database, found good and of this version; the number of its newest job."""
    name, content = next(members, ("", iter(())))
    if name == "":
        raise InvalidBackup("it is empty")
    if name != DATABASE:
        raise InvalidBackup(f"it begins with {name!r} in place of {DATABASE}")
    with copy.open("wb") as file:
        file.writelines(content)
    try:
        version = _check(copy)
        if version > SCHEMA_VERSION:
            raise InvalidBackup(f"it was made by a newer version of QueueCTL (schema {version}): restore it with that")
        if version < SCHEMA_VERSION:
            upgrade(copy)
        with closing(sqlite3.connect(copy)) as connection:
            newest: int = connection.execute("SELECT coalesce(max(seq), 0) FROM job").fetchone()[0]
    except (sqlite3.DatabaseError, DatabaseUnusable) as fault:
        raise InvalidBackup(f"its {DATABASE} is no database of QueueCTL, or damaged ({fault})") from fault
    return newest


def _check(copy: Path) -> str:
    """The version of its schema; an empty one before the first."""
    with closing(sqlite3.connect(copy)) as connection:
        for check in ("PRAGMA integrity_check(1)", "PRAGMA foreign_key_check"):
            found = connection.execute(check).fetchone()
            if found not in (None, ("ok",)):
                raise InvalidBackup(f"its {DATABASE} is damaged ({found})")
        [version] = connection.execute("SELECT version_num FROM alembic_version").fetchone() or [""]
        return str(version)


def _unpack_logs(members: Iterator[Member], copy: Path, unpacked: Logs, shift: int) -> Restored:
    """All that follows the database, with the files named for jobs whose `seq` has grown by `shift`."""
    count = 0
    with closing(sqlite3.connect(copy)) as connection:
        [jobs] = connection.execute("SELECT count(*) FROM job").fetchone()
        for name, content in members:
            if name == MANIFEST:
                _check_manifest(content, jobs, count)
                if next(members, None) is not None:
                    raise InvalidBackup(f"something follows its {MANIFEST}")
                return Restored(jobs, count)
            seq, attempt = _log_key(name)
            if not connection.execute("SELECT 1 FROM attempt WHERE seq = ? AND number = ?", (seq, attempt)).fetchone():
                raise InvalidBackup(f"{name!r} is the output of no attempt in it")
            with os.fdopen(unpacked.create(seq + shift, attempt), "wb") as file:
                file.writelines(content)
            count += 1
    raise InvalidBackup("it breaks off before its end")


def _log_key(name: str) -> tuple[int, int]:
    """The job's `seq` and the attempt's number; the name must be exactly what a backup gives it."""
    found = _LOG.fullmatch(name)
    if found is None or log_name(*(key := (int(found[1]), int(found[2])))) != name:
        raise InvalidBackup(f"{name[:100]!r} does not belong into it")
    return key


def _check_manifest(content: Iterator[bytes], jobs: int, logs: int) -> None:
    try:
        manifest = json.loads(next(content, b""))
        told = manifest["jobs"], manifest["logs"]
    except (ValueError, KeyError, TypeError) as fault:
        raise InvalidBackup(f"its {MANIFEST} cannot be read") from fault
    if told != (jobs, logs):
        raise InvalidBackup(f"it should hold {told[0]} jobs and {told[1]} logs, not {jobs} and {logs}")


def _place(unpacked: Logs, logs: Logs) -> None:
    """Whole groups at a time: theirs are numbers that nobody else was given."""
    logs.directory.mkdir(exist_ok=True)
    for group in unpacked.directory.iterdir() if unpacked.directory.exists() else ():
        group.rename(logs.directory / group.name)


def _remove_all_but(logs: Logs, kept: range, newest: int) -> None:
    """Remove the output of jobs up to number `newest`, without those in `kept`."""
    for group in logs.directory.iterdir():
        if not group.name.isdigit() or int(group.name) * GROUP in kept:
            continue
        for file in group.glob("*-*.*"):
            number = file.name.partition("-")[0]
            if number.isdigit() and int(number) <= newest:
                file.unlink(missing_ok=True)
        with suppress(OSError):  # there are newer ones in it
            group.rmdir()
