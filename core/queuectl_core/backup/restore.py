"""Restoring a backup while the API and workers run."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tarfile import BLOCKSIZE, REGTYPE, EOFHeaderError, TarError, TarInfo  # type: ignore[attr-defined]
from typing import BinaryIO, TypeAlias

from queuectl_core.backup.archive import DATABASE, LOGS, MANIFEST, PIECE, log_key
from queuectl_core.logs.store import LogStaging, LogStore
from queuectl_core.model.actor import Actor
from queuectl_core.model.errors import DatabaseUnusable, InvalidBackup
from queuectl_core.schema import SCHEMA_VERSION
from queuectl_core.store.open import open_store
from queuectl_core.store.store import Store
from queuectl_core.temp_dir import exclusive_temp_dir

Member: TypeAlias = tuple[str, Iterator[bytes]]
"""Name and content."""


@dataclass(frozen=True, slots=True)
class Restored:
    """The number of jobs now, and of logs of theirs."""

    jobs: int
    logs: int


def restore_temp_dir(data_dir: Path) -> Path:
    """Where a backup is unpacked."""
    return data_dir / "restore"


def restore(
    tar: BinaryIO,
    url: str,
    logs: LogStore,
    data_dir: Path,
    upgrade: Callable[[Path], None],
    hold_back: float,
    actor: Actor,
    verify: Callable[[Store], None],
) -> Restored:
    """Replace all jobs, logs and settings with those of the backup; see Snapshot.replace for `hold_back`.

    `upgrade` migrates a database to this version. `verify` is called first in the transaction, and raises if the actor
    is no longer allowed to do this. Nothing that exists is touched before the whole backup was checked. The logs are
    published before the one commit that counts, and the old ones are deleted after it: a crash in between leaves only
    logs without a job. Raises InvalidBackup, DatabaseUnusable, UnderWay, OSError, and what `verify` raises.
    """
    with (
        exclusive_temp_dir(restore_temp_dir(data_dir)) as room,
        open_store(url, durable=True) as store,
        closing(logs.stage(room / LOGS)) as staging,
    ):
        copy = room / DATABASE
        members = _members(tar)
        reserved = store.snapshot.reserve(_unpack_database(members, copy, upgrade))
        restored = _unpack_logs(members, copy, staging, shift=reserved[0])
        staging.flush()  # the commit must not be on the disk before the logs are

        def finish() -> None:
            store.audit.record_restore(actor, reserved, restored.jobs)
            staging.publish()

        newest = store.snapshot.replace(copy, reserved[0], hold_back, lambda: verify(store), finish)
    with suppress(OSError):  # the restore is done; logs without a job do no harm
        logs.delete_all_but(reserved, newest)
    return restored


def _members(tar: BinaryIO) -> Iterator[Member]:
    """The members of the tar in their order; each must be read before the next.

    TarFile is not used: it keeps all members in memory, follows links, and takes a broken header for the end.
    """
    while True:
        try:
            header = TarInfo.frombuf(tar.read(BLOCKSIZE), "utf-8", "surrogateescape")
        except EOFHeaderError:
            return
        except TarError as fault:
            reason = "it is truncated" if tar.tell() > BLOCKSIZE else "it is not a tar file, or it is compressed"
            raise InvalidBackup(f"{reason} ({fault})") from fault
        if header.type != REGTYPE or header.size < 0:
            raise InvalidBackup(f"it contains {header.name!r}, which is not a regular file")
        end = tar.tell() + header.size + -header.size % BLOCKSIZE
        yield header.name, _content(tar, header.size)
        tar.seek(end)


def _content(tar: BinaryIO, size: int) -> Iterator[bytes]:
    while size:
        chunk = tar.read(min(size, PIECE))
        if not chunk:
            raise InvalidBackup("it is truncated")
        size -= len(chunk)
        yield chunk


def _unpack_database(members: Iterator[Member], copy: Path, upgrade: Callable[[Path], None]) -> int:
    """Unpack, check and upgrade the database; returns the `seq` of its newest job."""
    name, content = next(members, ("", iter(())))
    if name == "":
        raise InvalidBackup("it is empty")
    if name != DATABASE:
        raise InvalidBackup(f"its first file is {name!r}, not {DATABASE}")
    with copy.open("wb") as file:
        file.writelines(content)
    try:
        version = _check(copy)
        if version > SCHEMA_VERSION:
            raise InvalidBackup(
                f"it was made by a newer version of QueueCTL (schema {version}): restore it with that version"
            )
        if version < SCHEMA_VERSION:
            upgrade(copy)
        with closing(sqlite3.connect(copy)) as connection:
            newest: int = connection.execute("SELECT coalesce(max(seq), 0) FROM job").fetchone()[0]
    except (sqlite3.DatabaseError, DatabaseUnusable) as fault:
        raise InvalidBackup(f"its {DATABASE} is damaged, or not a database of QueueCTL ({fault})") from fault
    return newest


def _check(copy: Path) -> str:
    """The version of its schema; an empty string before the first."""
    with closing(sqlite3.connect(copy)) as connection:
        for check in ("PRAGMA integrity_check(1)", "PRAGMA foreign_key_check"):
            found = connection.execute(check).fetchone()
            if found not in (None, ("ok",)):
                raise InvalidBackup(f"its {DATABASE} is damaged ({found})")
        [version] = connection.execute("SELECT version_num FROM alembic_version").fetchone() or [""]
        return str(version)


def _unpack_logs(members: Iterator[Member], copy: Path, staging: LogStaging, shift: int) -> Restored:
    """Stage all logs, for jobs whose `seq` has grown by `shift`, and check that the backup is complete."""
    count = 0
    with closing(sqlite3.connect(copy)) as connection:
        [jobs] = connection.execute("SELECT count(*) FROM job").fetchone()
        for name, content in members:
            if name == MANIFEST:
                _check_manifest(content, jobs, count)
                if next(members, None) is not None:
                    raise InvalidBackup(f"it has files after its {MANIFEST}")
                return Restored(jobs, count)
            key = log_key(name)
            if key is None:
                raise InvalidBackup(f"it contains an unexpected file, {name[:100]!r}")
            if not connection.execute("SELECT 1 FROM attempt WHERE seq = ? AND number = ?", key).fetchone():
                raise InvalidBackup(f"it contains {name!r}, the output of no attempt")
            seq, attempt = key
            staging.add(seq + shift, attempt, content)
            count += 1
    raise InvalidBackup("it is truncated")


def _check_manifest(content: Iterator[bytes], jobs: int, logs: int) -> None:
    try:
        manifest = json.loads(next(content, b""))
        expected = manifest["jobs"], manifest["logs"]
    except (ValueError, KeyError, TypeError) as fault:
        raise InvalidBackup(f"its {MANIFEST} cannot be read") from fault
    if expected != (jobs, logs):
        raise InvalidBackup(f"it has {jobs} jobs and {logs} logs instead of {expected[0]} and {expected[1]}")
