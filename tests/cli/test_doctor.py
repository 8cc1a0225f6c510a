"""queuectl doctor."""

import json
from pathlib import Path

import pytest

from queuectl_cli.commands.doctor import _clock
from tests.faults.set_clock import SetClock
from tests.running import eventually, free_port, migrate, program, running_api
from tests.system import System

NAMES = ["API", "signed in", "versions", "clock", "database", "disk", "workers", "queues", "jobs"]


def test_it_reports_that_there_are_no_problems(system: System) -> None:
    done = system.queuectl("doctor")
    assert (done.status, done.err) == (0, "")
    *checks, end = done.out.splitlines()
    assert end == "no problems found"
    assert [line[7:19].strip() for line in checks] == NAMES
    assert {line[:7].strip() for line in checks} == {"ok"}
    told = json.loads(system.queuectl("doctor", "--json").out)
    assert [check["name"] for check in told if check["wrong"] is None] == NAMES


def test_without_an_api_there_are_no_further_checks() -> None:
    done = System(f"http://127.0.0.1:{free_port()}").queuectl("doctor")
    assert done.status == 3
    assert done.out.split()[:2] == ["wrong", "API"]
    assert "cannot reach the API" in done.err


def test_a_rejected_token_is_reported(system: System) -> None:
    done = system.queuectl("doctor", env={"QUEUECTL_TOKEN": "nobody-has-this-token"})
    assert done.status == 4
    assert [line[:19].split() for line in done.out.splitlines()] == [["ok", "API"], ["wrong", "signed", "in"]]
    assert done.err.startswith("queuectl: signed in: this token is unknown or was revoked")


def test_all_problems_are_listed_and_the_first_is_the_error(tmp_path: Path) -> None:
    migrate(tmp_path)
    with running_api(tmp_path) as url:
        system = System(url, tmp_path)
        system.enqueue("true", queue="gpu")
        done = system.queuectl("doctor")
        assert done.status == 1
        assert [line[7:19].strip() for line in done.out.splitlines() if line.startswith("wrong")] == [
            "workers",
            "queues",
        ]
        assert done.err == "queuectl: workers: none alive: start some, e.g. with 'queuectl worker start'\n"
        with program("queuectl-worker", tmp_path / "worker.log", data_dir=tmp_path, queues="mail"):
            eventually(lambda: system.get("/api/workers")["items"])
            done = system.queuectl("doctor")
    assert done.err == "queuectl: queues: no worker serves gpu, but jobs are waiting: start one\n"


def test_a_slow_answer_is_no_clock_skew() -> None:
    for answered in (100.0, 105.0, 110.0):
        assert _clock(answered, before=100.0, after=110.0).wrong is None
    for answered in (97.9, 112.1):
        assert "correct one of the clocks" in str(_clock(answered, before=100.0, after=110.0).wrong)


@pytest.mark.parametrize(("ahead", "told"), [(3600, "behind"), (-3600, "ahead")])
def test_clock_skew_is_reported(system: System, tmp_path: Path, ahead: int, told: str) -> None:
    clock = SetClock(tmp_path)
    clock.jump(ahead)
    done = system.queuectl("doctor", env=clock.environment)
    assert done.status == 1
    assert done.err.startswith("queuectl: clock: the API's clock is 3")
    assert f" s {told}: correct one of the clocks" in done.err
