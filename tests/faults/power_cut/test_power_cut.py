"""The power goes away at any moment, and what had been acknowledged is there when it comes back."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from queuectl_core.sqlite.migrate import migrate as make_or_upgrade
from tests.faults.options import times
from tests.faults.power_cut.clients import Clients
from tests.faults.power_cut.cuts import carry_out, choose
from tests.faults.power_cut.history import Said
from tests.faults.power_cut.inspection import Fault, faults
from tests.faults.power_cut.mount import mounted
from tests.faults.power_cut.recording import NOTES, Create, Record, Sync, Write, created_as, read
from tests.faults.report import Finding, record
from tests.running import program, run_migrate, running_api

pytestmark = pytest.mark.xdist_group("power cut")

FEW = 3
CAUSE = "recorded writes and fsyncs, cut off anywhere; what no fsync had covered is lost, kept, or there in parts"


@dataclass(frozen=True)
class Recorded:
    """All records and the file they are in, how many are the migration's, and where the notes were."""

    records: list[Record]
    path: Path
    ready: int
    notes: Path


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """The whole system at work, in bursts until the WAL has begun anew several times: it can when all is idle."""
    directory = tmp_path_factory.mktemp("power_cut")
    mount, path = directory / "data", directory / "recording"
    notes = Path(f"{mount}{NOTES}")
    beginnings = set[bytes]()
    with mounted(mount, path):
        run_migrate(mount)
        notes.touch()
        for start in range(times(1, 3)):
            with (
                running_api(mount, api_processes=2) as url,
                program("queuectl-worker", directory / "worker-1.log", data_dir=mount, concurrency=2),
                program("queuectl-worker", directory / "worker-2.log", data_dir=mount, concurrency=2),
                Clients(url, notes) as clients,
            ):
                burst = 0
                while burst < times(6, 12) or len(beginnings) <= FEW:
                    clients.burst(f"{start}-{burst}")
                    beginnings.add(salt(mount / "queue.db-wal"))
                    burst += 1
    records = read(path)
    ready = next(n for n, entry in enumerate(records) if isinstance(entry, Create) and entry.path == NOTES)
    return Recorded(records, path, ready, notes)


def salt(wal: Path) -> bytes:
    """Numbers in the header of a WAL, which are others each time that it begins anew."""
    with wal.open("rb") as file:
        return file.read(24)[16:]


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """In memory, where there is such a place: each database that is opened here syncs its files."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as directory:
        yield Path(directory)


def test_acknowledged_requests_survive_a_power_cut(recorded: Recorded, directory: Path) -> None:
    """Wherever the cut comes, and whatever becomes of the writes that no fsync had covered."""
    seed = Random().getrandbits(32)
    chance = Random(seed)
    cuts = choose(recorded.records, recorded.ready, times(100, 1000), chance)
    found = Counter[Fault]()
    for database, history in carry_out(cuts, recorded.records, directory, chance):
        found += faults(database, history, recorded.notes)
    jobs, unrun = len(history.said[Said.ENQUEUED]), found[Fault.UNRUN]
    record(Finding("power cut", CAUSE, len(cuts), jobs, lost=found.total() - unrun, unrun=unrun))
    assert not found, f"seed {seed}, {recorded.path}"


def test_a_migration_can_be_run_again(recorded: Recorded, directory: Path) -> None:
    """Whatever a cut has left of the first one."""
    chance = Random(1)
    records = recorded.records[: recorded.ready]
    for database, history in carry_out(choose(records, 0, times(10, 100), chance), records, directory, chance):
        make_or_upgrade(database)
        assert not faults(database, history, recorded.notes)


# That all this would be seen


def test_the_recording_has_every_kind_of_write(recorded: Recorded) -> None:
    """Checkpoints into the database, and a WAL that begins anew over its old frames."""
    paths = created_as(recorded.records)
    writes = [entry for entry in recorded.records[recorded.ready :] if isinstance(entry, Write)]
    written = Counter((paths[write.file], write.offset == 0) for write in writes)
    assert written["/queue.db", False] > 50
    assert written["/queue.db-wal", True] > FEW


def test_a_disk_that_ignores_fsync_is_detected(recorded: Recorded, directory: Path) -> None:
    chance = Random(1)
    unsynced = [entry for entry in recorded.records[recorded.ready :] if not isinstance(entry, Sync)]
    records = recorded.records[: recorded.ready] + unsynced
    found = Counter[Fault]()
    for database, history in carry_out(choose(records, recorded.ready, 5, chance), records, directory, chance):
        found += faults(database, history, recorded.notes)
    assert found[Fault.LOST]
    assert found[Fault.DAMAGED] + found[Fault.UNUSABLE]


def test_each_fault_is_detected(recorded: Recorded, directory: Path) -> None:
    """Of a database that is sound until we tamper with it, held against promises that nobody gave."""
    database, history = next(carry_out([len(recorded.records)], recorded.records, directory, Random(1)))
    assert not faults(database, history, recorded.notes)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE tally SET jobs = jobs + 1")
        connection.execute("INSERT INTO job_tag (tag, seq) VALUES ('of no job', -1)")
    there = next(iter(history.said[Said.ENQUEUED] - history.said[Said.DELETING]))
    history.said[Said.ENQUEUED].add("never sent")
    history.said[Said.CANCELLED].add("never sent")
    history.said[Said.DELETED].add(there)
    history.said[Said.RAN].clear()
    history.batches.append({there, "never sent"})
    assert set(faults(database, history, recorded.notes)) == set(Fault) - {Fault.DAMAGED, Fault.UNUSABLE}
