"""What each API process sees to by itself."""

from pathlib import Path

import httpx

from queuectl_core.logs import Logs
from tests.running import eventually, migrate, running_api


def test_logs_that_a_crash_has_left_are_swept(tmp_path: Path) -> None:
    migrate(tmp_path)
    logs = Logs(tmp_path / "logs")
    orphan = logs.path(4711, 1)
    orphan.parent.mkdir(parents=True)
    orphan.write_text("of a job that is no more")
    with running_api(tmp_path, api_processes=1) as url:
        job = httpx.post(f"{url}/api/jobs", json={"command": "true"})
        assert job.is_success
        kept = logs.path(1, 1)
        kept.parent.mkdir(parents=True)
        kept.write_text("of a job that is there")
        eventually(lambda: not orphan.exists())
        assert kept.exists()
