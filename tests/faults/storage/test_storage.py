"""Full, read-only, locked, broken, gone: refused with the reason, and nothing is marked as done that was not."""

import shutil
import sqlite3
import time
from contextlib import closing

import pytest

from tests.faults.small_disk import fill
from tests.faults.storage.damaged import Damaged
from tests.running import eventually
from tests.signed_in import http

LONGER_THAN_THE_LEASE = 3


def test_a_full_disk(on_small_disk: Damaged) -> None:
    disk = on_small_disk
    running = disk.begun()
    ballast = disk.data_dir / "ballast"
    fill(ballast)
    refusal = disk.refused()
    assert (refusal.status_code, refusal.headers["content-type"]) == (507, "application/problem+json")
    assert "no space left" in refusal.json()["detail"]
    eventually(lambda: disk.says("on hold"))
    assert disk.system.get("/api/status")["jobs"]["processing"] == 1
    batch = http.post(
        f"{disk.system.url}/api/jobs/batch", content=b'{"command": "true"}\n' * 100_000,
        headers={"content-type": "application/x-ndjson"}, timeout=60,
    )  # fmt: skip
    assert batch.status_code == 507
    disk.let_go()
    time.sleep(LONGER_THAN_THE_LEASE)
    assert disk.system.job(running)["state"] in ("processing", "completed")
    ballast.unlink()
    disk.recovers("full disk", "a tmpfs filled to the last byte, then freed", running)


def test_space_given_back_while_another_program_fills_the_disk(on_small_disk: Damaged) -> None:
    disk = on_small_disk
    running = disk.begun()
    database = disk.data_dir / "queue.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")  # otherwise the WAL may have to hold all of it twice
        connection.execute(
            "INSERT INTO attempt (seq, number, outcome, worker, started_at, output)"
            " VALUES (-1, 1, '', '', 0, zeroblob(28 << 20))"
        )
        connection.execute("DELETE FROM attempt WHERE seq = -1")
    ballasts = [disk.data_dir / f"ballast-{number}" for number in range(5)]
    for ballast in ballasts:
        fill(ballast)
        assert disk.get("/api/jobs").is_success
        time.sleep(1)
    for ballast in ballasts:
        ballast.unlink()
    eventually(lambda: database.stat().st_size < 18 << 20, patience=60)
    said = (disk.outside / "api.log").read_text()
    assert "housekeeping failed" not in said
    assert said.count("housekeeping put off") < 10
    disk.let_go()
    disk.recovers("full disk", "filled while space was to be given back, then freed", running)


@pytest.mark.parametrize("error", ["EROFS", "EIO"])
def test_a_disk_that_cannot_be_written(on_failing_disk: Damaged, error: str) -> None:
    disk = on_failing_disk
    running = disk.begun()
    disk.fail(error)
    refusal = disk.refused()
    assert refusal.status_code == 503
    assert "cannot be used now" in refusal.json()["detail"]
    assert disk.system.get("/api/status")["jobs"]["processing"] == 1
    disk.let_go()
    eventually(lambda: disk.says("on hold"))
    assert disk.system.job(running)["state"] == "processing"
    disk.fail("")
    disk.recovers(f"storage fails with {error}", "a file system that refuses every write for a while", running)


def test_a_disk_that_cannot_sync(on_failing_disk: Damaged) -> None:
    disk = on_failing_disk
    running = disk.begun()
    disk.fail("EIO fsync")
    refusal = disk.enqueue()
    assert (refusal.status_code, disk.acknowledged) == (503, [])
    disk.let_go()
    disk.system.in_state(running, "completed")  # that report promises nothing beyond the death of processes
    disk.fail("")
    disk.recovers("storage fails to sync", "a file system that refuses every fsync for a while", running)


def test_a_locked_database(on_disk: Damaged) -> None:
    disk = on_disk
    running = disk.begun()
    somebody = sqlite3.connect(disk.data_dir / "queue.db", isolation_level=None)
    somebody.execute("BEGIN IMMEDIATE")
    refusal = disk.refused()  # after the busy timeout, which is longer than the lease
    assert (refusal.status_code, refusal.headers["retry-after"]) == (503, "1")
    assert "locked by another process" in refusal.json()["detail"]
    disk.let_go()
    eventually(lambda: disk.says("on hold: the database is locked"))
    assert disk.system.job(running)["state"] == "processing"
    somebody.execute("ROLLBACK")
    somebody.close()
    disk.recovers("locked database", "a foreign transaction, open for longer than busy timeout and lease", running)


def test_a_corrupt_wal(on_disk: Damaged) -> None:
    disk = on_disk
    running = disk.begun()
    wal = disk.data_dir / "queue.db-wal"
    sound = wal.read_bytes()
    somebody = sqlite3.connect(disk.data_dir / "queue.db")  # so that nobody who closes last checkpoints it
    somebody.execute("SELECT count(*) FROM job").fetchall()
    with wal.open("r+b", buffering=0) as file:
        file.write(b"\xa5" * len(sound))
    eventually(lambda: disk.get("/api/jobs").status_code == 503)
    refusal = disk.refused()
    assert refusal.status_code == 503
    assert "cannot be used now" in refusal.json()["detail"]
    assert disk.get("/readyz").status_code == 503
    with wal.open("r+b", buffering=0) as file:
        file.write(sound)
    disk.let_go()
    somebody.close()
    disk.recovers("corrupt WAL", "the WAL overwritten with noise under everybody, then put back", running)


def test_a_data_directory_that_vanishes_and_returns(on_disk: Damaged) -> None:
    disk = on_disk
    running = disk.begun()
    disk.data_dir.rename(disk.outside / "elsewhere")
    refusal = disk.refused()
    assert refusal.status_code == 503
    assert "there is no database at" in refusal.json()["detail"]
    disk.let_go()
    eventually(lambda: disk.says("on hold"))
    (disk.outside / "elsewhere").rename(disk.data_dir)
    disk.recovers("vanished data directory", "renamed under everybody, then renamed back", running)


def test_a_log_directory_that_vanishes(on_disk: Damaged) -> None:
    disk = on_disk
    printed = disk.system.enqueue("seq 200")
    disk.system.in_state(printed, "completed")
    running = disk.begun()
    shutil.rmtree(disk.data_dir / "logs")
    assert disk.system.log(printed) == ""
    again = disk.system.enqueue("seq 300")
    assert disk.system.in_state(again, "completed")
    assert disk.system.log(again).endswith("\n300\n")
    disk.let_go()
    assert len(disk.system.in_state(running, "completed")["history"]) == 1
    assert http.delete(f"{disk.system.url}/api/jobs/{printed}", timeout=60).status_code == 204
