"""Selecting jobs: by ids, by prefixes of ids in commands that only read, and by filters."""

import json
import uuid

import pytest

from tests.cli.conftest import Queuectl
from tests.cli.terminal import Terminal
from tests.system import System


@pytest.fixture
def name() -> str:
    """A unique name, long enough as a prefix."""
    return f"n{uuid.uuid4().hex[:10]}"


def test_several_jobs_are_shown(system: System, queuectl: Queuectl, name: str) -> None:
    first, second = (system.enqueue("true", id=f"{name}-{n}", delay=600) for n in (1, 2))
    done = queuectl("show", first, "nobody", second)
    assert (done.status, done.err) == (1, "queuectl: no job has the id 'nobody'\n")
    assert [line for line in done.out.splitlines() if line.startswith("id ") or not line] == [
        f"id            {first}", "", f"id            {second}",
    ]  # fmt: skip
    assert queuectl("show", "-o", "ids", first, second).out == f"{first}\n{second}\n"
    shown, at = json.JSONDecoder().raw_decode(both := queuectl("show", "--json", first, second).out)
    assert (shown["id"], json.loads(both[at:])["id"]) == (first, second)


def test_commands_that_read_accept_a_prefix(system: System, queuectl: Queuectl, name: str) -> None:
    job_id = system.enqueue("echo hello; exit 3", id=f"{name}-whole", max_retries=0)
    system.in_state(job_id, "dead")
    assert queuectl("show", "-o", "ids", name[:6]).out == f"{job_id}\n"
    assert queuectl("logs", name).out == queuectl("logs", "-f", name).out == "hello\n"
    assert queuectl("show", name[:5]).err == f"queuectl: no job has the id '{name[:5]}'\n", "it is too short"
    assert queuectl("show", f"{name}-wholes").status == 1


def test_wait_accepts_a_prefix_of_a_generated_id(system: System, queuectl: Queuectl) -> None:
    job_id = system.enqueue("sleep 1; exit 3", max_retries=0)
    assert queuectl("wait", job_id[:-2]).err == f"queuectl: job {job_id} is dead: exit status 3\n"


def test_wait_does_not_take_a_chosen_id_for_a_prefix(system: System, queuectl: Queuectl, name: str) -> None:
    system.in_state(system.enqueue("exit 3", id=f"{name}-10", max_retries=0), "dead")
    done = queuectl("wait", f"{name}-1")
    assert (done.status, done.err) == (1, f"queuectl: no job has the id '{name}-1'\n")


def test_run_does_not_follow_another_job_with_the_prefix(system: System, queuectl: Queuectl, name: str) -> None:
    words = ("run", "--id", name, "--idempotency-key", name, "--", "true")
    assert queuectl(*words).status == 0
    queuectl("delete", "-y", name)
    system.in_state(system.enqueue("exit 7", id=f"{name}-2", max_retries=0), "dead")
    done = queuectl(*words)
    assert (done.status, done.err) == (1, f"queuectl: job {name} was deleted before it ended\n")


def test_a_whole_id_comes_before_a_longer_one(system: System, queuectl: Queuectl, name: str) -> None:
    for job_id in (name, f"{name}-longer"):
        system.enqueue(f"echo {job_id}", id=job_id)
        system.in_state(job_id, "completed")
    assert queuectl("logs", name).out == f"{name}\n"


def test_an_ambiguous_prefix_is_refused_with_some_of_the_ids(system: System, queuectl: Queuectl, name: str) -> None:
    ids = [system.enqueue("true", id=f"{name}-{n}", delay=600) for n in range(8)]
    few = f"{', '.join(ids[:5])}, \u2026: use a longer prefix"
    for command in ("show", "logs", "why"):
        done = queuectl(command, name)
        assert (done.status, done.err) == (1, f"queuectl: '{name}' matches several ids: {few}\n")


@pytest.mark.parametrize("command", [["cancel"], ["retry"], ["rerun"], ["delete", "-y"], ["edit", "-p", "1"]])
def test_commands_that_act_take_whole_ids_only(
    system: System, queuectl: Queuectl, name: str, command: list[str]
) -> None:
    job_id = system.enqueue("true", id=f"{name}-whole", delay=600)
    before = system.job(job_id)
    done = queuectl(*command, name)
    assert (done.status, done.err) == (1, f"queuectl: no job has the id '{name}'\n")
    assert system.job(job_id) == before


def test_jobs_are_cancelled_by_filters(system: System, queuectl: Queuectl, name: str) -> None:
    ids = [system.enqueue("true", queue=name, tags=[name, tag], delay=600) for tag in ("a", "a", "b")]
    system.queuectl("cancel", ids[0])
    done = queuectl("cancel", "-y", "-q", name, "-t", "a")
    assert (done.status, done.err) == (0, "1 job cancelled or being stopped\n")
    assert [system.job(job_id)["state"] for job_id in ids] == ["cancelled", "cancelled", "pending"]
    assert queuectl("cancel", "--yes", "--state", "pending", "-t", name).err.startswith("1 job cancelled")
    assert queuectl("cancel", "-y", "-q", name).err == "no matching jobs: nothing was changed\n"


def test_jobs_are_deleted_by_filters(system: System, queuectl: Queuectl, name: str) -> None:
    running = system.enqueue("sleep 600", queue=name)
    system.in_state(running, "processing")
    for _ in range(2):
        system.enqueue("true", queue=name, delay=600)
    assert queuectl("delete", "-y", "-q", name).err == "2 jobs deleted; 1 job skipped\n"
    assert queuectl("delete", "-y", "-q", name, "--force").err == "1 job deleted\n"


@pytest.mark.parametrize("command", ["cancel", "delete"])
def test_the_confirmation_shows_the_number_of_jobs(system: System, queuectl: Queuectl, name: str, command: str) -> None:
    ids = [system.enqueue("true", queue=name, delay=600) for _ in range(3)]
    refused = queuectl(command, "-q", name)
    assert (refused.status, "3 jobs" in refused.err, "confirm with --yes" in refused.err) == (2, True, True)
    asked = Terminal(system, command, "-q", name)
    asked.shows("3 jobs")
    asked.types("n\n")
    assert asked.wait() == 1
    assert {system.job(job_id)["state"] for job_id in ids} == {"pending"}
    asked = Terminal(system, command, "-q", name)
    asked.shows("3 jobs")
    asked.types("y\n")
    assert asked.wait() == 0
    assert asked.seen().count("[y/N]") == 1
    assert system.get(f"/api/count?queue={name}&state=pending")["count"] == 0


@pytest.mark.parametrize("command", ["cancel", "delete"])
@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ([], 2, "select jobs either by id, by filters (--queue, --tag, --state), or with --all"),
        (["--all", "ID"], 2, "select jobs either by id"),
        (["--all", "--queue", "x"], 2, "select jobs either by id"),
        (["ID", "--queue", "x"], 2, "select jobs either by id"),
        (["--queue", ""], 1, 'queue "": must not be empty'),
        (["--tag", "", "--queue", "QUEUE"], 1, 'tag "": must not be empty'),
        (["--state", ""], 1, 'state "": must not be empty'),
        (["--queue", "QUEUE,"], 1, "none of them empty"),
        (["--state", "pendign"], 1, "(did you mean 'pending'?)"),
        (["--queue", "QUEUEE"], 1, "no queue named 'QUEUEE'. Did you mean 'QUEUE'"),
    ],
)
def test_an_empty_or_unknown_choice_changes_nothing(
    system: System, queuectl: Queuectl, name: str, command: str, words: list[str], status: int, said: str
) -> None:
    job_id = system.enqueue("true", queue=name, delay=600)
    named = [word.replace("ID", job_id).replace("QUEUE", name) for word in words]
    for yes in ([], ["--yes"]):
        done = queuectl(command, *named, *yes)
        assert (done.status, done.out) == (status, "")
        assert said.replace("QUEUE", name) in done.err
    assert system.job(job_id)["state"] == "pending"


def test_what_has_ended_is_not_cancelled(queuectl: Queuectl) -> None:
    done = queuectl("cancel", "-y", "--state", "pending,dead")
    assert (done.status, "dead jobs have ended and cannot be cancelled" in done.err) == (2, True)


def test_all_dead_jobs_are_retried(system: System, queuectl: Queuectl, name: str) -> None:
    ids = [system.enqueue(f"exit 4 # {name}", max_retries=0) for _ in range(2)]
    for job_id in ids:
        system.in_state(job_id, "dead")
    assert "confirm with --yes" in queuectl("retry", "--all").err
    assert queuectl("retry").status == queuectl("retry", "-a", ids[0]).status == 2
    assert queuectl("retry", "-a", "-y").err.endswith(" jobs pending again\n")
    for job_id in ids:
        assert len(system.in_state(job_id, "dead")["history"]) == 2


def test_a_job_is_run_again_as_a_new_one(system: System, queuectl: Queuectl, name: str) -> None:
    given = {"queue": name, "priority": 3, "env": {"A": "b"}, "cwd": "/tmp", "tags": [name], "timeout": 30}
    old = system.enqueue("echo $A", id=name, **given)
    system.in_state(old, "completed")
    done = queuectl("rerun", old, "nobody")
    assert (done.status, done.err) == (1, "queuectl: no job has the id 'nobody'\n")
    new = system.in_state(done.out.strip(), "completed")
    assert new["id"] != old
    assert {field: new[field] for field in given} == given
    assert system.log(new["id"]) == "b\n"
    assert json.loads(queuectl("rerun", "-o", "json", old).out)["command"] == "echo $A"
