"""Typical scenarios of a user."""

from datetime import datetime

import pytest

from queuectl_api.dashboard import HEADERS
from tests.names import unique
from tests.running import eventually
from tests.signed_in import http
from tests.stack.conftest import CONTAINERS
from tests.stack.stacks import Containers, Stack
from tests.system import System


def test_enqueue_and_a_worker_runs_it(system: System) -> None:
    name = unique()
    assert system.queuectl("enqueue", f'{{"id":"{name}","command":"echo hello"}}').out == f"{name}\n"
    assert system.queuectl("wait", name).status == 0
    assert system.queuectl("logs", name).out == "hello\n"
    assert system.job(name)["state"] == "completed"


def test_a_failing_job_is_retried_with_exponential_backoff(system: System) -> None:
    job_id = system.enqueue("exit 3", max_retries=2, backoff_base=0.7)
    history = system.in_state(job_id, "dead")["history"]
    started = [datetime.fromisoformat(attempt["started_at"]) for attempt in history]
    ended = [datetime.fromisoformat(attempt["ended_at"]) for attempt in history]
    waits = [(later - sooner).total_seconds() for sooner, later in zip(ended, started[1:], strict=False)]
    # Both times are truncated to milliseconds.
    assert waits[0] >= 0.699
    assert waits[1] >= 0.489


def test_a_job_whose_retries_are_used_up_is_in_the_dlq(system: System) -> None:
    name = unique()
    done = system.queuectl(
        "enqueue", "--id", name, "--max-retries", "1", "--backoff-base", "0", "--wait", "--", "false"
    )
    assert done.status == 1
    assert name in system.queuectl("dlq", "list", "--all").out
    assert system.job(name)["attempts"] == 2


def test_a_dead_job_that_is_retried_is_pending_with_fresh_attempts(system: System) -> None:
    job_id = system.enqueue("[ $QUEUECTL_ATTEMPT -gt 2 ]", max_retries=1, backoff_base=0)
    system.in_state(job_id, "dead")
    assert system.queuectl("dlq", "retry", job_id).status == 0
    job = system.in_state(job_id, "completed")
    assert job["attempts"] == 1
    assert [attempt["state"] for attempt in job["history"]] == ["failed", "failed", "completed"]


def test_a_deleted_job_is_gone_from_database_and_disk(stack: Stack, system: System) -> None:
    marker = unique()
    job_id = system.enqueue(f"echo {marker}; seq 200")
    system.in_state(job_id, "completed")
    assert stack.printed_on_disk(marker)
    assert system.queuectl("delete", "--yes", job_id).status == 0
    assert system.queuectl("show", job_id).err == f"queuectl: no job has the id '{job_id}'\n"
    assert not stack.printed_on_disk(marker)


def test_output_is_followed_while_the_command_runs(system: System) -> None:
    done = system.queuectl("run", "--", "sh", "-c", "echo first; sleep 0.3; echo second; exit 5")
    assert (done.status, done.out) == (5, "first\nsecond\n")


def test_a_running_job_is_cancelled(system: System) -> None:
    job_id = system.enqueue("sleep 600")
    system.in_state(job_id, "processing")
    assert system.queuectl("cancel", job_id).status == 0
    assert system.in_state(job_id, "cancelled")["error"] == "cancelled"


def test_settings_change_while_everything_runs(system: System) -> None:
    assert system.queuectl("config", "set", "max-retries", "0").status == 0
    try:
        job_id = system.enqueue("false")
        assert system.in_state(job_id, "dead")["attempts"] == 1
    finally:
        system.queuectl("config", "set", "max-retries", "3")


def test_the_page_and_the_api_behind_it_answer_at_one_address(stack: Stack) -> None:
    at_page = System(stack.page)
    assert at_page.get("/healthz") == {"status": "ok"}
    assert at_page.get("/api/status")["workers"] == 4
    assert at_page.queuectl("run", "--", "echo", "through the page's address").out == "through the page's address\n"


def test_the_page_tells_browsers_to_let_nothing_foreign_in(stack: Stack) -> None:
    headers = http.get(stack.page).headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize("stack", [CONTAINERS], indirect=True)
def test_the_command_line_in_a_container_reaches_the_queue(stack: Containers) -> None:
    stack.compose("build", "--quiet", "cli")
    job_id = stack.compose("run", "--rm", "-T", "cli", "enqueue", "--", "echo", "hello").strip()
    stack.system.in_state(job_id, "completed")
    assert stack.compose("run", "--rm", "-T", "cli", "status").startswith("Workers: 4\n")


def test_a_drained_worker_takes_nothing_until_it_is_started_anew(stack: Stack, system: System) -> None:
    for worker in system.get("/api/workers")["items"]:
        assert system.queuectl("worker", "drain", worker["id"]).status == 0
    eventually(lambda: all(worker["draining"] for worker in system.get("/api/workers")["items"]))
    job_id = system.enqueue("echo at last")
    stack.restart()
    system.in_state(job_id, "completed")
    assert not any(worker["draining"] for worker in system.get("/api/workers")["items"])
