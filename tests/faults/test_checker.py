"""The checker itself: each violation is found in a made-up history, and nothing in one where all went well."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.checker import Violations, check
from tests.faults.run_log import Answer, Line, Request, lines

KINDS = ("lost", "duplicated", "overlapping", "unrun", "left_behind")


def attempt(number: int, state: str = "completed", *, start: int = 0, end: int | None = None) -> dict[str, Any]:
    """An attempt from second `start` to second `end`."""
    return {
        "number": number,
        "state": state,
        "started_at": second(start),
        "ended_at": second(start + 1 if end is None else end),
        "exit_code": {"completed": 0, "failed": 3}.get(state),
        "signal": None,
    }


def job(job_id: str, state: str = "completed", *history: dict[str, Any]) -> dict[str, Any]:
    return {"id": job_id, "state": state, "history": [*history]}


def second(number: int) -> str:
    return f"1970-01-01T00:00:{number:02d}.000Z"


def asked(verb: str, *ids: str, answer: Answer = Answer.ACKNOWLEDGED, at: float = 0, state: str = "") -> Request:
    return Request(verb, ids, answer, at, state)


def ran(job_id: str, attempt: int = 1) -> list[Line]:
    return [Line("start", job_id, attempt), Line("end", job_id, attempt)]


def only(violations: Violations, kind: str) -> list[str]:
    """What was found of one kind, and that nothing was found of another."""
    assert not any(getattr(violations, other) for other in KINDS if other != kind), violations
    found: list[str] = getattr(violations, kind)
    return found


def test_a_history_without_faults_has_no_violation() -> None:
    requests = [
        asked("enqueue", "done"),
        asked("enqueue", "a", "b", answer=Answer.UNKNOWN),
        asked("enqueue", "c", "d", answer=Answer.UNKNOWN),
        asked("enqueue", "deleted"),
        asked("delete", "deleted"),
        asked("enqueue", "perhaps-deleted"),
        asked("delete", "perhaps-deleted", answer=Answer.UNKNOWN),
        asked("cancel", "stopped", state="cancelled"),
        asked("cancel", "too-late", state="processing"),
        asked("cancel", "done", answer=Answer.REFUSED),
        asked("retry", "again", at=5),
    ]
    jobs = [
        job("done", "completed", attempt(1, "lost"), attempt(2, "released", start=1), attempt(3, start=2)),
        job("a", "dead", attempt(1, "failed")),
        job("b", "dead", attempt(1, "lost")),
        job("stopped", "cancelled"),
        job("too-late", "completed", attempt(1)),
        job("again", "completed", attempt(1, "failed"), attempt(2, start=5)),
    ]
    run_log = [
        Line("start", "done", 1),
        *ran("done", 3),
        *ran("a"),
        *ran("too-late"),
        *ran("again", 1),
        *ran("again", 2),
    ]
    in_the_middle = [job("done", "processing", attempt(1, "lost"), attempt(2, "processing")), job("deleted", "pending")]
    violations = check(requests, run_log, jobs, seen=in_the_middle)
    assert violations == Violations()
    assert violations.finding("fault", "cause", 1, 2).clean


@pytest.mark.parametrize(
    ("requests", "jobs"),
    [
        pytest.param([asked("enqueue", "x")], [], id="acknowledged and gone"),
        pytest.param([asked("enqueue", "x", answer=Answer.UNKNOWN)], [job("x", "pending")], id="never ended"),
        pytest.param([asked("enqueue", "x", "y", answer=Answer.UNKNOWN)], [job("y", "cancelled")], id="half a batch"),
        pytest.param([asked("delete", "x")], [job("x", "cancelled")], id="deleted and there"),
        pytest.param(
            [asked("cancel", "x", state="cancelled")], [job("x", "dead", attempt(1, "lost"))], id="cancelled and dead"
        ),
        pytest.param(
            [asked("retry", "x", at=5)], [job("x", "dead", attempt(1, "lost", start=1))], id="retried and not run"
        ),
    ],
)
def test_an_acknowledged_request_without_effect_is_lost(requests: list[Request], jobs: list[dict[str, Any]]) -> None:
    assert len(only(check(requests, [], jobs), "lost")) == 1


@pytest.mark.parametrize(
    ("run_log", "jobs"),
    [
        pytest.param(ran("x"), [job("x", "completed", attempt(1))] * 2, id="an id twice"),
        pytest.param([*ran("x"), *ran("x")], [job("x", "completed", attempt(1))], id="an attempt twice"),
        pytest.param([*ran("x"), *ran("x", 2)], [job("x", "completed", attempt(1))], id="an attempt nobody knows"),
        pytest.param(
            [*ran("x"), *ran("x", 2)],
            [job("x", "completed", attempt(1), attempt(2, start=1))],
            id="completed twice",
        ),
    ],
)
def test_a_job_that_ran_too_often_is_duplicated(run_log: list[Line], jobs: list[dict[str, Any]]) -> None:
    assert len(only(check([], run_log, jobs), "duplicated")) == 1


def test_an_attempt_that_ended_twice_is_duplicated() -> None:
    in_the_middle = job("x", "failed", attempt(1, "lost"))
    in_the_end = job("x", "completed", attempt(1, "failed"), attempt(2, start=2))
    violations = check([], [*ran("x"), *ran("x", 2)], [in_the_end], seen=[in_the_middle])
    assert len(only(violations, "duplicated")) == 1


@pytest.mark.parametrize(
    ("run_log", "history"),
    [
        pytest.param([Line("overlap", "x", 2)], [attempt(1, "lost"), attempt(2, start=1)], id="by its lock"),
        pytest.param([], [attempt(1, "lost", end=3), attempt(2, start=2)], id="by its history"),
    ],
)
def test_attempts_at_the_same_time_are_overlapping(run_log: list[Line], history: list[dict[str, Any]]) -> None:
    violations = check([], [*ran("x", 2), *run_log], [job("x", "completed", *history)])
    assert len(only(violations, "overlapping")) == 1


@pytest.mark.parametrize(
    ("run_log", "found"),
    [
        pytest.param([], job("x", "dead", attempt(1, "failed")), id="failed and never began"),
        pytest.param([Line("start", "x", 1)], job("x", "completed", attempt(1)), id="completed in the middle"),
        pytest.param(
            [Line("start", "x", 1), Line("end", "x", 1, at=2)],
            job("x", "completed", attempt(1, end=1)),
            id="completed too early",
        ),
        pytest.param([], job("x", "completed"), id="completed without an attempt"),
    ],
)
def test_a_job_that_ended_without_having_run_is_unrun(run_log: list[Line], found: dict[str, Any]) -> None:
    assert len(only(check([], run_log, [found]), "unrun")) == 1


def test_leftovers_are_left_behind() -> None:
    assert only(check([], [], [], left_behind=["process 7 of a command"]), "left_behind") == ["process 7 of a command"]


def test_a_refused_job_that_exists_is_duplicated() -> None:
    refused = asked("enqueue", "x", answer=Answer.REFUSED)
    assert len(only(check([refused], [], [job("x", "cancelled")]), "duplicated")) == 1


def test_times_are_not_compared_if_the_wall_clock_was_set() -> None:
    back = job("x", "completed", attempt(1, "failed", start=8), attempt(2, start=1))
    run_log = [*ran("x"), Line("start", "x", 2), Line("end", "x", 2, at=9)]
    requests = [asked("retry", "x", at=20)]
    assert check(requests, run_log, [back], steady=False) == Violations()
    assert check(requests, run_log, [back]) != Violations()


def test_the_finding_counts_the_violations() -> None:
    finding = check([asked("enqueue", "x", "y")], [], [], left_behind=["a file"]).finding("fault", "cause", 3, 2)
    assert (finding.lost, finding.left_behind, finding.clean) == (2, 1, False)


def test_the_run_log_is_parsed() -> None:
    now, uptime = time.time(), Path("/proc/uptime").read_text().split()[0]
    written = lines(f"start job-1 1 {uptime}\noverlap job-1 2 {uptime}\n")
    assert [line[:3] for line in written] == [("start", "job-1", 1), ("overlap", "job-1", 2)]
    assert written[0].at == pytest.approx(now, abs=60)
