"""The log of `queuectl up`, next to the logs of the services."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.cli.local_user import LocalUser
from tests.core.test_log_lines import TEXT
from tests.running import eventually


@pytest.mark.parametrize("form", ["text", "json"])
def test_it_has_the_format_of_the_services_logs(tmp_path: Path, form: str) -> None:
    owner = LocalUser(tmp_path, log_format=form)
    logs = owner.data_dir / "log"
    try:
        assert owner.up().status == 0
        worker = json.loads(owner.queuectl("worker", "list", "--json").out)[0]["pid"]
        os.kill(worker, signal.SIGKILL)
        eventually(lambda: (logs / "worker-1.log").read_text().count("is ready") == 2)
    finally:
        owner.queuectl("down")
    said = {log.stem: log.read_text().splitlines() for log in logs.iterdir()}
    assert said.keys() == {"up", "api", "worker-1"}
    lines = [line for of_one in said.values() for line in of_one]
    if form == "text":
        assert [line for line in lines if not TEXT.fullmatch(line)] == []
    else:
        assert {frozenset(line) for line in map(json.loads, lines)} == {
            frozenset({"time", "level", "logger", "pid", "message"})
        }
    assert any("worker-1 failed (status -9)" in line for line in said["up"])


def test_the_reason_of_a_failed_start_is_plain_text_even_with_json_logs(tmp_path: Path) -> None:
    up = LocalUser(tmp_path).up(log_format="json", token="short")
    assert (up.status, "queuectl: the API did not start (QUEUECTL_TOKEN=…: must be 16 to 200" in up.err) == (1, True)
