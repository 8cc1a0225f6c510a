"""An ordinary restart, in the middle of work, is nothing to be warned of."""

import json
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.core.test_log_lines import TEXT
from tests.running import eventually, free_port, is_ready, migrate, program
from tests.signed_in import client
from tests.system import System


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_restart_logs_no_warning_and_no_error(tmp_path: Path, form: str) -> None:
    migrate(tmp_path)
    for _ in range(2):
        run_and_stop_while_a_job_is_followed(tmp_path, form)
    lines = [line for name in ("api.log", "worker.log") for line in (tmp_path / name).read_text().splitlines()]
    assert len(lines) > 20
    if form == "text":
        assert [line for line in lines if not TEXT.fullmatch(line)] == []
        assert [line for line in lines if " INFO " not in line] == []
    else:
        assert [line for line in map(json.loads, lines) if line["level"] != "info"] == []
    assert [line for line in lines if "error" in line.lower()] == [], "people look for that word"


def run_and_stop_while_a_job_is_followed(data_dir: Path, form: str) -> None:
    address = f"127.0.0.1:{free_port()}"
    settings = {"data_dir": data_dir, "log_format": form, "drain_grace": 0.1, "kill_grace": 0.3}
    system = System(f"http://{address}")
    with ExitStack() as stack:
        api = program("queuectl-api", data_dir / "api.log", bind=address, api_processes=2, **settings)
        worker = program("queuectl-worker", data_dir / "worker.log", concurrency=2, **settings)
        running = [stack.enter_context(service) for service in (api, worker)]
        eventually(lambda: is_ready(system.url))
        job_id = system.enqueue("echo begun; sleep 600")
        eventually(lambda: system.log(job_id))
        reader = stack.enter_context(client(system.url))
        for path in ("/api/events", f"/api/logs/{job_id}?follow=true"):
            stream = stack.enter_context(reader.stream("GET", path))
            next(stream.iter_raw())
        stop(running)


def stop(services: list[subprocess.Popen[bytes]]) -> None:
    for service in services:
        service.terminate()
    assert [service.wait(timeout=60) for service in services] == [0, 0]
