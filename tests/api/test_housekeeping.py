"""What each API process sees to by itself."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from queuectl_core.logs import Logs
from tests.running import eventually, migrate, running_api
from tests.signed_in import http


def test_logs_that_a_crash_has_left_are_swept(tmp_path: Path) -> None:
    migrate(tmp_path)
    logs = Logs(tmp_path / "logs")
    orphan = logs.path(4711, 1)
    orphan.parent.mkdir(parents=True)
    orphan.write_text("of a job that is no more")
    with running_api(tmp_path, api_processes=1) as url:
        job = http.post(f"{url}/api/jobs", json={"command": "true"})
        assert job.is_success
        kept = logs.path(1, 1)
        kept.parent.mkdir(parents=True)
        kept.write_text("of a job that is there")
        eventually(lambda: not orphan.exists())
        assert kept.exists()


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
