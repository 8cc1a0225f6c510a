"""Enqueue, cancel, retry, rerun, delete: which states allow them, and what they change."""

from typing import Any

import pytest

from queuectl_core.model.errors import CommandNotAllowed, JobExists, JobNotFound, WrongState
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from tests.store.attempts import FAILURE, SUCCESS, claim_one, job_in_state, register, take


def dead_job(store: Store, job_id: str, queue: str = "default") -> None:
    store.enqueue(NewJob(id=job_id, command="false", max_retries=0, queue=queue))
    store.reports.fail(claim_one(store).lease, FAILURE)


def test_generated_ids_sort_by_time(store: Store) -> None:
    ids = [store.enqueue(NewJob(command="true")) for _ in range(50)]
    assert ids == sorted(ids)


def test_an_id_can_be_used_once(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="true"))
    with pytest.raises(JobExists, match="'a' exists already"):
        store.enqueue(NewJob(id="a", command="false"))
    assert store.jobs.get("a").command == "true"
    assert store.jobs.counts()[State.PENDING] == 1


@pytest.mark.parametrize(
    "other",
    [
        {"command": "false"},
        {"queue": "other"},
        {"priority": 2},
        {"run_at": "2999-01-01T00:00:00Z"},
        {"max_retries": 1},
        {"backoff_base": 3},
        {"timeout": 6},
        {"env": {"A": "1"}},
        {"cwd": "/"},
        {"tags": ["b", "a"]},
        {"limits": {"cpu": 2}},
        {"sandbox": True},
        {"description": "another"},
    ],
)
def test_a_duplicate_id_is_refused_and_compared_with_the_existing_job(store: Store, other: dict[str, object]) -> None:
    given = {"id": "a", "command": "true", "queue": "q", "priority": 1, "run_at": "2998-01-01T00:00:00Z"}
    given |= {"max_retries": 0, "backoff_base": 2, "timeout": 5, "env": {"A": "1", "B": "2"}, "cwd": "/tmp"}
    given |= {"tags": ["a", "b"], "limits": {"cpu": 1}, "sandbox": False}
    store.enqueue(NewJob.model_validate(given))
    same = given | {"env": {"B": "2", "A": "1"}, "run_at": "2998-01-01T01:00:00+01:00", "timeout": 5.0}
    for again, is_same in ((same, True), (given | other, False)):
        with pytest.raises(JobExists) as refusal:
            store.enqueue(NewJob.model_validate(again))
        assert refusal.value.same is is_same


def test_a_job_is_read_with_every_field_it_was_enqueued_with(store: Store) -> None:
    given = NewJob(
        id="full", command="echo 'ü'", queue="gpu", priority=-3, delay=60, max_retries=0, backoff_base=0.5,
        timeout=1.5, env={"A": "b=c\n"}, cwd="/tmp", tags=["x", "y", "x"],
    )  # fmt: skip
    store.enqueue(given)
    job = store.jobs.get("full")
    for field in (
        "command",
        "queue",
        "priority",
        "max_retries",
        "backoff_base",
        "timeout",
        "env",
        "cwd",
        "tags",
    ):
        assert getattr(job, field) == getattr(given, field)
    assert job.next_run_at == pytest.approx(job.created_at + 60)


def test_a_waiting_job_is_cancelled_at_once(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="true"))
    store.actions.cancel("a")
    assert store.jobs.get("a").state is State.CANCELLED
    assert take(store, "w1", 1) == []


def test_a_running_job_is_cancelled_when_its_worker_has_stopped_it(store: Store) -> None:
    register(store)
    store.enqueue(NewJob(id="a", command="true"))
    lease = claim_one(store).lease
    store.actions.cancel("a")
    store.actions.cancel("a")
    assert store.jobs.get("a").state is State.PROCESSING
    assert store.reports.held("w1") == {lease: True}
    store.reports.fail(lease, FAILURE)
    job = store.jobs.get("a")
    assert (job.state, job.cancelling) == (State.CANCELLED, False)


@pytest.mark.parametrize("state", ["completed", "dead", "cancelled"])
def test_a_finished_job_cannot_be_cancelled(store: Store, state: str) -> None:
    store.enqueue(NewJob(id="a", command="true", max_retries=0))
    if state == "cancelled":
        store.actions.cancel("a")
    elif state == "completed":
        store.reports.complete(claim_one(store).lease, SUCCESS)
    else:
        store.reports.fail(claim_one(store).lease, FAILURE)
    with pytest.raises(WrongState, match=f"'a' is {state}"):
        store.actions.cancel("a")
    assert store.jobs.get("a").state == state


def test_a_retried_job_has_fresh_attempts_and_keeps_its_history(store: Store) -> None:
    dead_job(store, "a")
    store.actions.retry("a")
    job = store.jobs.get("a")
    assert (job.state, job.attempts, job.error, job.exit_code) == (State.PENDING, 0, None, None)
    claim = claim_one(store)
    assert claim.lease.attempt == 2
    assert [attempt.number for attempt in store.jobs.history(claim.lease.seq)] == [1, 2]


def test_a_failed_job_that_is_retried_is_due_now(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="true", backoff_base=1000))
    store.reports.fail(claim_one(store).lease, FAILURE)
    store.actions.retry("a")
    assert claim_one(store).job_id == "a"


def test_a_pending_job_cannot_be_retried(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="true"))
    with pytest.raises(WrongState, match="only a dead, cancelled or failed job"):
        store.actions.retry("a")
    store.actions.cancel("a")
    with pytest.raises(WrongState, match="only a dead job can"):
        store.actions.retry("a", only=State.DEAD)


@pytest.mark.parametrize("state", list(State))
def test_a_rerun_is_a_new_job_that_is_due_now(store: Store, state: State) -> None:
    given: dict[str, Any] = {
        "command": "true", "queue": "media", "max_retries": 7, "backoff_base": 1000, "timeout": 9,
        "env": {"A": "b"}, "cwd": "/srv", "tags": ["x", "y"], "limits": {"memory": 1 << 30},
        "sandbox": True, "description": "why",
    }  # fmt: skip
    given["max_retries"] = 0 if state is State.DEAD else 7
    old = job_in_state(store, state, **given)
    before = store.jobs.get(old)
    new = store.jobs.get(store.rerun(old))
    assert store.jobs.get(old) == before
    assert new.seq > before.seq
    assert new.id != old
    for field in ("command", "queue", "priority", "max_retries", "backoff_base", "timeout", "env", "cwd", "tags",
                  "limits", "sandbox", "description"):  # fmt: skip
        assert getattr(new, field) == getattr(before, field), field
    assert (new.state, new.attempts, new.run_at, new.exit_code) == (State.PENDING, 0, None, None)
    assert {job.id for job in store.jobs.page(Filter(tags=("y",)), limit=9).items} == {old, new.id}


def test_a_rerun_takes_unset_fields_from_the_settings(store: Store) -> None:
    store.enqueue(NewJob(id="old", command="true", delay=600))
    new = store.rerun("old")
    store.config.set("max-retries", 9)
    assert (store.jobs.get(new).max_retries, store.jobs.get(new).run_at) == (9, None)
    assert claim_one(store).job_id == new


def test_a_rerun_is_refused_if_the_queue_no_longer_accepts_the_command(store: Store) -> None:
    store.enqueue(NewJob(id="old", command="rm x"))
    store.config.set("default-commands", ["true"])
    with pytest.raises(CommandNotAllowed):
        store.rerun("old")
    with pytest.raises(JobNotFound):
        store.rerun("nobody")
    assert [job.id for job in store.jobs.page(Filter(), limit=9).items] == ["old"]
    assert store.jobs.counts()[State.PENDING] == 1


def test_a_deleted_job_is_gone_with_its_history(store: Store) -> None:
    dead_job(store, "a")
    seq, attempts = store.actions.delete("a").log_key
    assert attempts == 1
    assert store.jobs.history(seq) == []
    with pytest.raises(JobNotFound):
        store.jobs.get("a")
    store.enqueue(NewJob(id="a", command="true"))
    assert store.jobs.get("a").seq > seq, "a log file of the old one must never be taken for the new one's"


def test_a_running_job_is_deleted_only_by_force_and_its_lease_is_gone(store: Store) -> None:
    register(store)
    store.enqueue(NewJob(id="a", command="true"))
    lease = claim_one(store).lease
    with pytest.raises(WrongState, match="cancel it first, or use force"):
        store.actions.delete("a")
    store.actions.delete("a", force=True)
    assert store.reports.held("w1") == {}
    assert store.reports.complete(lease, SUCCESS) is False


def test_old_finished_jobs_expire_and_dead_ones_stay(store: Store) -> None:
    dead_job(store, "dead")
    store.enqueue(NewJob(id="done", command="true"))
    store.reports.complete(claim_one(store).lease, SUCCESS)
    assert store.actions.expire(retention=60) == []
    assert len(store.actions.expire(retention=-1)) == 1
    assert [job.id for job in store.jobs.page(Filter(), limit=9).items] == ["dead"]
