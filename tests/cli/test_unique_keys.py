"""queuectl enqueue --unique: the job is enqueued once, and the user is told."""

import json
import uuid

import pytest

from tests.cli.conftest import Queuectl
from tests.system import System


@pytest.fixture
def key() -> str:
    return f"key-{uuid.uuid4().hex}"


def test_a_job_is_enqueued_once(system: System, queuectl: Queuectl, key: str) -> None:
    words = ["enqueue", "--unique", key, "--unique-for", "1h", "--delay", "600", "--", "true"]
    first, second = queuectl(*words), queuectl(*words)
    job_id = first.out.strip()
    assert (first.status, first.err) == (0, "")
    assert (second.status, second.out) == (0, first.out)
    assert second.err == f"{job_id} exists already: it holds the unique key '{key}'\n"
    job = system.job(job_id)
    assert (job["unique"], job["unique_for"]) == (key, 3600)
    assert f"unique        {key}" in queuectl("show", job_id).out
    assert json.loads(queuectl(*words[:-2], "--json", "--", "true").out)["existing"] is True


def test_or_refused_or_replaced(system: System, queuectl: Queuectl, key: str) -> None:
    words = ["enqueue", "--unique", key, "--delay", "600", "--on-conflict"]
    job_id = queuectl(*words, "return", "--", "true").out.strip()
    refused = queuectl(*words, "reject", "--", "true")
    assert (refused.status, refused.out) == (1, "")
    assert f"job '{job_id}' holds the unique key '{key}'" in refused.err
    assert queuectl(*words, "replace", "--", "false").out.strip() == job_id
    assert system.job(job_id)["command"] == "false"


def test_jobs_of_a_batch(queuectl: Queuectl, key: str) -> None:
    job_id = queuectl("enqueue", "--unique", key, "--delay", "600", "true").out.strip()
    lines = "\n".join(json.dumps({"command": "true", "delay": 600, "unique": name}) for name in (key, f"{key}2"))
    done = queuectl("enqueue", "-", given=lines)
    assert done.out.split()[0] == job_id
    assert done.err == "1 of the jobs exists already: see the unique keys\n"


def test_run_follows_the_job_that_is_there(queuectl: Queuectl, key: str) -> None:
    job_id = queuectl("enqueue", "--unique", key, "--max-retries", "0", "sleep 1; echo done; exit 3").out.strip()
    done = queuectl("run", "--unique", key, "echo other")
    assert (done.status, done.out) == (3, "done\n")
    assert f"{job_id} exists already" in done.err


def test_a_schedule_takes_a_key(queuectl: Queuectl, key: str) -> None:
    words = ["--every", "1h", "--unique", key, "--on-conflict", "reject", "--delay"]
    added = queuectl("schedule", "add", key, *words[:-1], "--", "true")
    assert added.status == 0, added.err
    assert f"unique        {key}" in queuectl("schedule", "show", key).out
    assert queuectl("schedule", "edit", key, "--unique-for", "2h").status == 0
    queuectl("enqueue", "--unique", key, "--delay", "600", "true")
    run = queuectl("schedule", "run", key)
    assert run.status == 1
    assert "refused: job" in run.err
    assert queuectl("schedule", "delete", key, "--yes").status == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--unique", ""], "--unique '': must not be blank"),
        (["--unique", "x" * 201], "must have at most 200 characters"),
        (["--unique", "k", "--unique-for", "0"], "--unique-for '0': must be at least 1s"),
        (["--unique", "k", "--unique-for", "soon"], "--unique-for 'soon'"),
        (["--unique-for", "1h"], "--unique-for: requires --unique KEY"),
        (["--on-conflict", "reject"], "--on-conflict: requires --unique KEY"),
        (["--unique", "k", "--on-conflict", "ignore"], "--on-conflict"),
    ],
)
@pytest.mark.parametrize("rest", [["--", "true"], ['{"command": "true"}']])
def test_wrong_usage(queuectl: Queuectl, options: list[str], said: str, rest: list[str]) -> None:
    done = queuectl("enqueue", *options, *rest)
    assert (done.status, done.out) == (2, "")
    assert said in done.err


def test_an_option_may_complete_the_key_of_a_json_object(system: System, queuectl: Queuectl, key: str) -> None:
    job = json.dumps({"command": "true", "delay": 600, "unique": key})
    job_id = queuectl("enqueue", job, "--unique-for", "60").out.strip()
    assert system.job(job_id)["unique_for"] == 60
