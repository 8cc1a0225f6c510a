"""Moments at which the power goes, and what is found afterwards."""

import shutil
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from pathlib import Path
from random import Random

from tests.faults.power_cut.disk import Disk, Fate
from tests.faults.power_cut.history import History, Said
from tests.faults.power_cut.recording import Note, Record, Sync, Write, created_as

DATABASE = "/queue.db"
FILES = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-journal")
"""Those of the database. The WAL's index (-shm) is not one of them: after a start of the machine it is made anew."""

ACKNOWLEDGED = (Said.ENQUEUED, Said.CANCELLED, Said.DELETED)


def choose(records: Sequence[Record], ready: int, number: int, chance: Random) -> set[int]:
    """Positions in a recording, from `ready` on: what stands before them has been carried out.

    One is the end. Of the others a quarter is right after an acknowledgement, a quarter while an fsync is under way,
    a quarter in a checkpoint; the rest is anywhere.
    """
    acknowledged, syncing, in_checkpoint = list[int](), list[int](), list[int]()
    paths = created_as(records)
    for position, record in enumerate(records[ready:], ready):
        match record:
            case Note(text) if text.startswith(ACKNOWLEDGED):
                acknowledged.append(position + 1)
            case Sync():
                syncing.append(position)
            case Write(file) if paths[file] == DATABASE:
                in_checkpoint.append(position + 1)
    cuts = {len(records)}
    for few in (acknowledged, syncing, in_checkpoint):
        cuts.update(chance.sample(few, min(number // 4, len(few))))
    while len(cuts) < number:
        cuts.add(chance.randint(ready, len(records)))
    return cuts


def carry_out(
    cuts: Collection[int], records: Sequence[Record], directory: Path, chance: Random
) -> Iterator[tuple[Path, History]]:
    """For each cut, and each fate of what was not synced: the database that is left, and what had been said.

    The database is gone when the next one is asked for.
    """
    disk, history = Disk(), History()
    for position, record in enumerate(chain(records, [None])):
        if position in cuts:
            for fate in Fate:
                yield _lay_out(disk.after_cut(FILES, fate, chance), directory / "left"), history
        if isinstance(record, Note):
            history.hear(record.text)
        elif record:
            disk.apply(record)


def _lay_out(files: dict[str, bytes], directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    for path, content in files.items():
        Path(f"{directory}{path}").write_bytes(content)
    return Path(f"{directory}{DATABASE}")
