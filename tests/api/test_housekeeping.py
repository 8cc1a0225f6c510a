"""What each API process sees to by itself."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from queuectl_core.store.answers import KEPT_SECONDS, TRIMMED
from tests.output import opened_logs, write_output
from tests.running import eventually, migrate, running_api
from tests.signed_in import http


def test_logs_that_a_crash_has_left_are_swept(tmp_path: Path) -> None:
    migrate(tmp_path)
    logs = opened_logs(tmp_path)
    write_output(logs, 4711, 1, b"of a job that does not exist")
    with running_api(tmp_path, api_processes=1) as url:
        job = http.post(f"{url}/api/jobs", json={"command": "true"})
        assert job.is_success
        write_output(logs, 1, 1, b"of a job that exists")
        eventually(lambda: not logs.size(4711, 1))
        assert logs.size(1, 1)


def test_answers_to_requests_with_a_key_are_dropped_after_a_day(tmp_path: Path) -> None:
    migrate(tmp_path)
    now = time.time()
    with closing(sqlite3.connect(tmp_path / "queue.db")) as connection:
        ages = [(f"old-{number}", now - KEPT_SECONDS - number) for number in range(3 * TRIMMED)]
        connection.executemany("INSERT INTO answer VALUES (?, '', '', ?)", [("young", now - 60), *ages])
        connection.commit()
        with running_api(tmp_path, api_processes=2):
            eventually(lambda: connection.execute("SELECT key FROM answer").fetchall() == [("young",)])


def test_files_become_smaller_once_what_was_in_them_is_deleted(tmp_path: Path) -> None:
    migrate(tmp_path)
    database, wal = tmp_path / "queue.db", tmp_path / "queue.db-wal"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO attempt (seq, number, outcome, worker, started_at, output)"
            " VALUES (-1, 1, '', '', 0, zeroblob(40 << 20))"
        )
        connection.execute("DELETE FROM attempt")
        assert database.stat().st_size + wal.stat().st_size > 40 << 20
        with running_api(tmp_path, log=tmp_path / "api.log"):
            eventually(lambda: database.stat().st_size < 18 << 20 and wal.stat().st_size <= 16 << 20, patience=60)
    assert "housekeeping" not in (tmp_path / "api.log").read_text()


def test_series_are_made_coarser_as_they_grow_old(tmp_path: Path) -> None:
    migrate(tmp_path)
    now = int(time.time()) // 3600 * 3600
    with closing(sqlite3.connect(tmp_path / "queue.db")) as connection:
        for hours in range(3, 24):
            for second in range(10, 300, 10):
                connection.execute("INSERT INTO series VALUES (?, 'q', 'completed', 1)", (now - hours * 3600 + second,))
        connection.commit()
        with running_api(tmp_path, api_processes=2):
            rows = "SELECT count(*), sum(number) FROM series"
            eventually(lambda: connection.execute(rows).fetchone() == (21, 21 * 29))
