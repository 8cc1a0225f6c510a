"""What the guard logs, and that it imports nothing for that in advance."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.core.test_log_lines import TEXT
from tests.running import clean_environment
from tests.worker.bench import Bench, worker_pid

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_guard_logs_the_death_of_its_worker_in_the_same_format(bench: Bench, start: Start, form: str) -> None:
    guard = start(log_format=form)
    os.kill(worker_pid(guard), signal.SIGKILL)
    assert guard.wait(timeout=60) == 137
    lines = (bench.directory / "worker.log").read_text().splitlines()
    if form == "text":
        assert all(map(TEXT.fullmatch, lines))
        assert " WARNING queuectl.worker[" in lines[-1]
    else:
        said = [json.loads(line) for line in lines]
        assert (said[-1]["level"], said[-1]["logger"], said[-1]["pid"]) == ("warning", "queuectl.worker", guard.pid)
    assert "was killed by signal 9" in lines[-1]


def test_the_guard_imports_nothing_that_it_needs_only_for_logging() -> None:
    heavy = [
        "logging",
        "json",
        "datetime",
        "pydantic",
        "sqlite3",
        "queuectl_core.log_lines",
        "queuectl_core.logs.files",
    ]
    script = f"import sys, queuectl_worker.main; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path}; {script}"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
