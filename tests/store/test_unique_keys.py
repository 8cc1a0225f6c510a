"""Unique keys: at most one job holds a key at a time. Each line of the table in docs/once.md has a test here."""

import time
from pathlib import Path
from typing import Any

import pytest

from queuectl_core.model.actor import Actor
from queuectl_core.model.attempt import NOTHING
from queuectl_core.model.audit import Done
from queuectl_core.model.bulk import Action
from queuectl_core.model.errors import CommandNotAllowed, InvalidSchedule, JobExists, KeyHeld
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.model.role import Role
from queuectl_core.model.schedule import FireOutcome
from queuectl_core.model.state import State
from queuectl_core.store.batch import Batch
from queuectl_core.store.store import Store
from tests.store.attempts import FAILURE, SUCCESS, claim_one, die, job_in_state, take
from tests.store.backend import Backend, OpenStore
from tests.store.key_clock import KeyClock
from tests.store.schedules import HOUR, change, create

DAY = 24 * HOUR


@pytest.fixture
def clock(store: Store) -> KeyClock:
    clock = KeyClock()
    clock.show(store)
    return clock


def new(command: str = "true", **fields: Any) -> NewJob:
    return NewJob.model_validate({"command": command, "unique": "k"} | fields)


def enqueue(store: Store, **fields: Any) -> tuple[str, bool]:
    """The id, and whether the job existed already."""
    job, existing, _ = store.enqueued(new(**fields))
    return job.id, existing


def batch_of(store: Store, *jobs: NewJob, outcome: str | None = None) -> Batch:
    store.close()  # a connection has one batch
    batch = store.batch(outcome.partition(" ")[0] if outcome else None)
    batch.stage(list(enumerate(jobs, 1)))
    if outcome:
        batch.repeat(outcome)
    else:
        batch.commit()
    return batch


def jobs(store: Store) -> list[str]:
    return [job.id for job in store.jobs.page(Filter(), limit=99).items[::-1]]


def is_free(store: Store) -> bool:
    """Whether a new job gets the key; it is deleted again."""
    try:
        store.enqueue(new(id="probe", on_conflict="reject"))
    except KeyHeld:
        return False
    store.actions.delete("probe")
    return True


# A second job with the key


@pytest.mark.parametrize("state", [State.PENDING, State.PROCESSING, State.FAILED])
def test_the_job_that_is_there_is_returned_and_nothing_changes(store: Store, state: State) -> None:
    job_in_state(store, state, id="a", unique="k")
    before = store.jobs.get("a")
    returned = store.enqueued(new("other", id="b", priority=9))
    assert (returned.job, returned.existing, returned.replaced) == (before, True, False)
    assert jobs(store) == ["a"]
    assert (before.unique, before.unique_for) == ("k", None)


@pytest.mark.parametrize("state", [State.PENDING, State.PROCESSING, State.FAILED])
def test_or_it_is_refused_with_the_name_of_that_job(store: Store, state: State) -> None:
    job_in_state(store, state, id="a", unique="k")
    with pytest.raises(KeyHeld, match="job 'a' holds the unique key 'k'"):
        enqueue(store, on_conflict="reject")
    assert jobs(store) == ["a"]


@pytest.mark.parametrize("state", [State.PENDING, State.FAILED])
def test_or_it_replaces_the_settings_of_that_job_if_it_waits(store: Store, state: State) -> None:
    job_in_state(store, state, id="a", unique="k", tags=["x"], priority=3, queue="p", env={"A": "1"})
    before = store.jobs.get("a")
    replaced = store.enqueued(new("other", id="b", tags=["y"], queue="q", on_conflict="replace"))
    job = store.jobs.get("a")
    assert replaced == (job, True, True)
    assert (job.command, job.tags, job.queue, job.priority, job.env) == ("other", ["y"], "q", 0, {})
    assert (job.state, job.attempts, job.created_at) == (state, before.attempts, before.created_at)
    assert [found.id for found in store.jobs.page(Filter(tags=("y",)), limit=9).items] == ["a"]
    assert store.jobs.page(Filter(tags=("x",)), limit=9).items == []
    assert [claim.command for claim in take(store, "w2", 9)] == ["other"], "it is due"


def test_delays_of_a_replaced_job_count_from_then(store: Store, clock: KeyClock) -> None:
    enqueue(store, id="a", delay=60)
    clock.time += 30
    enqueue(store, delay=60, on_conflict="replace")
    assert store.jobs.get("a").next_run_at == pytest.approx(clock.time + 60)
    assert take(store, "w1", 1) == []


@pytest.mark.parametrize("state", [State.PROCESSING, State.COMPLETED, State.DEAD, State.CANCELLED])
def test_what_does_not_wait_is_not_replaced(store: Store, state: State) -> None:
    job_in_state(store, state, id="a", unique="k", unique_for=DAY)
    with pytest.raises(KeyHeld, match=f"job 'a' .*: it is {state}, and only a waiting job can be replaced"):
        enqueue(store, on_conflict="replace")
    assert store.jobs.get("a").command == "true"


def test_a_job_that_its_queue_does_not_take_replaces_nothing(store: Store) -> None:
    enqueue(store, id="a")
    store.queues.set_commands("default", ["true"])
    with pytest.raises(CommandNotAllowed):
        store.enqueue(new("false", on_conflict="replace"))
    assert store.jobs.get("a").command == "true"


def test_the_key_comes_before_the_id(store: Store) -> None:
    enqueue(store, id="a")
    store.enqueue(NewJob(id="b", command="true"))
    assert enqueue(store, id="a") == ("a", True)
    assert enqueue(store, id="b") == ("a", True)
    with pytest.raises(JobExists):
        enqueue(store, id="b", unique="other")


def test_jobs_with_the_same_id_and_different_keys_are_not_the_same(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="true"))
    with pytest.raises(JobExists) as refusal:
        enqueue(store, id="a")
    assert not refusal.value.same
    batch = store.batch()
    batch.stage([(1, new(id="a"))])
    with pytest.raises(JobExists) as of_batch:
        batch.commit()
    assert not of_batch.value.same


def test_keys_are_held_over_all_queues_and_other_keys_are_free(store: Store) -> None:
    assert enqueue(store, id="a", queue="p") == ("a", False)
    assert enqueue(store, id="b", queue="q") == ("a", True)
    assert enqueue(store, id="c", unique="K") == ("c", False)
    assert store.jobs.get(store.enqueue(NewJob(command="true"))).unique is None


# How long it is held


def test_a_job_that_waits_for_a_retry_holds_its_key(store: Store) -> None:
    job_in_state(store, State.FAILED, unique="k")
    assert not is_free(store)


@pytest.mark.parametrize("state", [State.COMPLETED, State.DEAD, State.CANCELLED])
def test_a_job_that_has_ended_does_not(store: Store, state: State) -> None:
    job_in_state(store, state, unique="k")
    assert is_free(store)


@pytest.mark.parametrize("report", ["fail", "hand_back"])
def test_a_running_job_that_is_cancelled_holds_it_until_it_has_stopped(store: Store, report: str) -> None:
    enqueue(store, id="a")
    claim = claim_one(store)
    store.actions.cancel("a")
    assert not is_free(store)
    if report == "fail":
        store.reports.fail(claim.lease, FAILURE)
    else:
        store.reports.hand_back(claim.lease, NOTHING)
    assert store.jobs.get("a").state is State.CANCELLED
    assert is_free(store)


def test_a_job_that_is_handed_back_or_whose_worker_is_lost_holds_it(store: Store, backend: Backend) -> None:
    enqueue(store, id="a", max_retries=1, backoff_base=1000)
    store.reports.hand_back(claim_one(store).lease, NOTHING)
    assert not is_free(store)
    claim_one(store)
    die(store, "w1")
    store.workers.remove("w1")
    assert store.jobs.get("a").state is State.FAILED
    assert not is_free(store)


@pytest.mark.parametrize("unique_for", [None, DAY])
def test_a_deleted_job_does_not(store: Store, unique_for: float | None) -> None:
    enqueue(store, id="a", unique_for=unique_for)
    store.actions.delete("a")
    assert is_free(store)


def test_an_edited_job_holds_it_and_cannot_change_it(store: Store) -> None:
    enqueue(store, id="a")
    store.actions.edit("a", JobChange(queue="other", delay=60))
    assert not is_free(store)
    assert "unique" not in JobChange.model_fields


# For a given time


@pytest.mark.parametrize("state", list(State))
def test_it_is_held_exactly_that_long_whatever_becomes_of_the_job(store: Store, clock: KeyClock, state: State) -> None:
    enqueued_at = clock.time
    job_in_state(store, state, id="a", unique="k", unique_for=3600)
    assert store.jobs.get("a").unique_for == 3600
    clock.time = enqueued_at + 3599.9
    assert enqueue(store) == ("a", True)
    clock.time = enqueued_at + 3600
    assert enqueue(store, id="b") == ("b", False)
    assert store.jobs.get("a").state is state, "it goes on"


def test_the_time_counts_from_the_replacement(store: Store, clock: KeyClock) -> None:
    enqueue(store, id="a", unique_for=60)
    clock.time += 30
    enqueue(store, unique_for=60, on_conflict="replace")
    clock.time += 59
    assert not is_free(store)
    clock.time += 1
    assert is_free(store)


def test_a_replacement_without_a_time_holds_it_until_the_end(store: Store, clock: KeyClock) -> None:
    enqueue(store, id="a", unique_for=60)
    enqueue(store, on_conflict="replace")
    clock.time += 61
    assert not is_free(store)
    store.reports.complete(claim_one(store).lease, SUCCESS)
    assert is_free(store)


def test_retention_passes_over_jobs_that_hold_a_key(store: Store, clock: KeyClock) -> None:
    job_in_state(store, State.COMPLETED, id="a", unique="k", unique_for=60)
    assert store.actions.expire(-1) == []
    clock.time += 61
    assert len(store.actions.expire(-1)) == 1


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_times_move_with_the_clock(store: Store, backend: Backend, step: float) -> None:
    enqueue(store, id="a", unique_for=60)
    enqueue(store, id="b", unique="until it has ended")
    backend.set_wall_clock(step)
    enqueue(store, id="c", unique="other")
    until = _held_until(store, "a")
    assert until == pytest.approx(time.time() + step + 60, abs=30)
    assert _held_until(store, "b") is None


def _held_until(store: Store, job_id: str) -> Any:
    return store._enqueue._session.value("SELECT held_until FROM job WHERE id = ?", (job_id,))


# Once more


@pytest.mark.parametrize("state", [State.DEAD, State.CANCELLED, State.FAILED])
def test_a_retried_job_holds_its_key_again(store: Store, state: State) -> None:
    job_in_state(store, state, id="a", unique="k")
    store.actions.retry("a")
    assert enqueue(store) == ("a", True)


@pytest.mark.parametrize("state", [State.DEAD, State.CANCELLED])
def test_it_cannot_be_retried_while_another_holds_it(store: Store, state: State) -> None:
    job_in_state(store, state, id="a", unique="k")
    enqueue(store, id="b")
    with pytest.raises(KeyHeld, match="job 'b' holds the unique key 'k'"):
        store.actions.retry("a")
    assert store.jobs.get("a").state is state
    store.reports.complete(claim_one(store).lease, SUCCESS)
    store.actions.retry("a")
    assert not is_free(store)


def test_one_whose_time_is_not_over_holds_it_until_then_when_retried(store: Store, clock: KeyClock) -> None:
    job_in_state(store, State.DEAD, id="a", unique="k", unique_for=60)
    store.actions.retry("a")
    assert not is_free(store)
    clock.time += 60
    assert is_free(store)


def test_one_whose_time_is_over_runs_without_it(store: Store, clock: KeyClock) -> None:
    job_in_state(store, State.DEAD, id="a", unique="k", unique_for=60)
    clock.time += 61
    enqueue(store, id="b")
    with pytest.raises(KeyHeld):
        store.actions.retry("a")
    store.actions.cancel("b")
    store.actions.retry("a")
    assert store.jobs.get("a").state is State.PENDING
    assert is_free(store)


@pytest.mark.parametrize("named", [True, False])
def test_a_bulk_retry_passes_over_jobs_whose_key_another_holds(store: Store, named: bool) -> None:
    for job_id, key in (("a", "taken"), ("b", "twice"), ("c", "twice"), ("d", "own"), ("e", None)):
        job_in_state(store, State.DEAD, id=job_id, unique=key)
    enqueue(store, id="f", unique="taken")
    if named:
        step = store.bulk.named(Action.RETRY, ["a", "b", "c", "d", "e"])
    else:
        step = store.bulk.step(Action.RETRY, Filter(states=(State.DEAD,)))
    assert ([job.id for job in step.jobs], step.skipped) == (["b", "d", "e"], 2)
    assert {store.jobs.get(job_id).state for job_id in "ac"} == {State.DEAD}


def test_a_copy_has_the_same_key(store: Store) -> None:
    job_in_state(store, State.COMPLETED, id="a", unique="k")
    copy = store.rerun("a")
    assert enqueue(store) == (copy, True)
    with pytest.raises(KeyHeld, match=copy):
        store.rerun("a")


def test_the_time_of_a_copy_counts_from_then(store: Store, clock: KeyClock) -> None:
    enqueue(store, id="a", unique_for=60)
    clock.time += 60
    copy = store.rerun("a")
    clock.time += 59
    assert enqueue(store) == (copy, True)
    clock.time += 1
    assert is_free(store)


# Batches


def test_a_job_that_is_repeated_in_a_batch_is_enqueued_once(store: Store) -> None:
    batch = batch_of(store, new(id="a"), NewJob(id="x", command="true"), new(id="b"), new(id="a"), new(unique="l"))
    *ids, last = batch.ids()
    assert ids == ["a", "x", "a", "a"]
    assert list(batch.existing()) == []
    assert (len(batch), jobs(store)) == (3, ["a", "x", last])
    assert enqueue(store) == ("a", True)
    assert enqueue(store, unique="l") == (last, True)


def test_a_job_of_a_batch_whose_key_is_held_stands_for_the_job_that_is_there(store: Store) -> None:
    enqueue(store, id="a")
    batch = batch_of(store, new(id="b"), NewJob(id="x", command="true"), new())
    assert list(batch.ids()) == ["a", "x", "a"]
    assert list(batch.existing()) == ["a", "a"]
    assert (len(batch), jobs(store)) == (1, ["a", "x"])
    assert store.jobs.counts()[State.PENDING] == 2


def test_a_batch_of_nothing_new(store: Store) -> None:
    enqueue(store, id="a")
    batch = batch_of(store, new(), new())
    assert (list(batch.ids()), len(batch), jobs(store)) == (["a", "a"], 0, ["a"])


def test_a_batch_is_refused_as_a_whole(store: Store) -> None:
    enqueue(store, id="a")
    for refused, job_id, first in (
        ([new(), new(on_conflict="reject")], "a", None),
        ([new(unique="l", id="b"), new(unique="l", on_conflict="reject")], "b", 1),
    ):
        batch = store.batch()
        batch.stage(list(enumerate([*refused, NewJob(command="true")], 1)))
        with pytest.raises(KeyHeld, match=f"job '{job_id}' holds") as refusal:
            batch.commit()
        assert (refusal.value.position, refusal.value.first) == (2, first)
        store.close()
    assert jobs(store) == ["a"]


def test_the_last_of_several_that_replace_a_job_counts(store: Store, clock: KeyClock) -> None:
    enqueue(store, id="a", tags=["x"], delay=60)
    replace = {"on_conflict": "replace"}
    batch = batch_of(
        store,
        new("one", **replace),
        new("two", tags=["y"], queue="q", unique_for=60, **replace),
        new("three"),
        new("first", id="b", unique="l"),
        new("last", id="c", unique="l", queue="q", unique_for=60, **replace),
    )
    assert list(batch.ids()) == ["a", "a", "a", "b", "b"]
    assert [(job.id, job.command, job.queue, job.unique_for) for job in store.jobs.page(Filter(), limit=9).items] == [
        ("b", "last", "q", 60), ("a", "two", "q", 60),
    ]  # fmt: skip
    assert [job.id for job in store.jobs.page(Filter(tags=("y",)), limit=9).items] == ["a"]
    assert {claim.job_id for claim in take(store, "w1", 9)} == {"a", "b"}
    clock.time += 60
    assert is_free(store)
    assert list(batch_of(store, new(id="free", unique="l")).ids()) == ["free"]


def test_a_batch_replaces_no_running_job(store: Store) -> None:
    job_in_state(store, State.PROCESSING, id="a", unique="k")
    batch = store.batch()
    batch.stage([(1, NewJob(command="true")), (2, new(on_conflict="replace"))])
    with pytest.raises(KeyHeld, match="it is processing") as refusal:
        batch.commit()
    assert refusal.value.position == 2
    assert jobs(store) == ["a"]


def test_times_in_a_batch_count_from_its_commit(store: Store, clock: KeyClock) -> None:
    batch = store.batch()
    batch.stage([(1, new(id="a", unique_for=60)), (2, new(id="b", unique="l", unique_for=60, delay=60))])
    clock.time += 1000
    batch.commit()
    assert list(batch.existing()) == []
    assert _held_until(store, "a") == _held_until(store, "b") == clock.time + 60
    clock.time += 60
    assert list(batch_of(store, new(id="c"), new(id="d", unique="l")).ids()) == ["c", "d"]


def test_a_batch_that_is_sent_again_gets_the_same_ids(store: Store, open_store: OpenStore) -> None:
    enqueue(store, id="a")
    given = [new(), NewJob(command="true"), new(unique="l"), new(unique="l")]
    first = batch_of(store, *given)
    ids, existing = list(first.ids()), list(first.existing())
    store.actions.delete("a")  # the answer stays the same
    again = batch_of(open_store(), *given, outcome=first.outcome)
    assert (list(again.ids()), list(again.existing()), len(again)) == (ids, existing, len(first))
    assert ids[0] == "a"
    assert ids[2] == ids[3]


def test_a_large_batch_with_keys(store: Store, backend: Backend) -> None:
    batch = batch_of(store, *(new(unique=f"k{number // 2}") for number in range(2 * backend.large_batch)))
    ids = list(batch.ids())
    assert (len(batch), len(ids), len(set(ids))) == (backend.large_batch, 2 * backend.large_batch, backend.large_batch)
    assert store.jobs.counts()[State.PENDING] == backend.large_batch


def test_the_audit_log_tells_how_many_jobs_of_a_batch_were_new(store: Store) -> None:
    entry = store.audit.record_batch(Actor("a", Role.ADMIN, "here"), 3)
    store.audit.correct_batch(entry, 1)
    [found] = store.audit.page(limit=1).items
    assert (found.action, found.jobs) == (Done.ENQUEUE, 1)


# Schedules


def test_a_time_of_a_schedule_is_refused_while_another_job_holds_the_key(store: Store) -> None:
    create(store, job={"unique": "k"}, overlap="allow")
    enqueue(store, id="a")
    fire = store.fires.run("s")
    assert (fire.outcome, fire.job) == (FireOutcome.REFUSED, None)
    assert fire.detail == "job 'a' holds the unique key 'k'"
    store.actions.cancel("a")
    assert store.fires.run("s").outcome is FireOutcome.ENQUEUED
    assert store.fires.run("s").outcome is FireOutcome.REFUSED


def test_backfilled_times_are_refused_as_well(store: Store) -> None:
    create(store, job={"unique": "k"}, overlap="allow")
    now = time.time()
    assert store.fires.backfill("s", now - 3 * HOUR, now) == 1
    outcomes = [fire.outcome for fire in store.fires.page("s", limit=9).items]
    assert sorted(outcomes) == sorted([FireOutcome.ENQUEUED, FireOutcome.REFUSED, FireOutcome.REFUSED][: len(outcomes)])


def test_a_schedule_may_replace_a_job_that_waits(store: Store) -> None:
    create(store, job={"command": "new", "unique": "k", "on_conflict": "replace"}, overlap="allow")
    enqueue(store, id="a")
    fire = store.fires.run("s")
    assert (fire.outcome, fire.job) == (FireOutcome.ENQUEUED, "a")
    job = store.jobs.get("a")
    assert (job.command, job.schedule, job.scheduled_at) == ("new", "s", fire.scheduled_at)
    claim_one(store)
    assert store.fires.run("s").outcome is FireOutcome.REFUSED


def test_the_key_of_a_schedule_can_be_changed_but_not_half_of_it(store: Store) -> None:
    create(store, job={"unique": "k", "unique_for": 60})
    assert change(store, job={"unique_for": 90, "on_conflict": "reject"}).job["unique_for"] == 90
    with pytest.raises(InvalidSchedule, match=r"job\.unique_for: requires unique"):
        change(store, job={"unique": None})
    assert change(store, job={"unique": None, "unique_for": None, "on_conflict": None}).job["unique"] is None


# Backups


def test_keys_come_back_with_their_jobs(store: Store, open_store: OpenStore, clock: KeyClock, tmp_path: Path) -> None:
    for state in State:
        job_in_state(store, state, id=f"was-{state}", unique=state)
        job_in_state(store, state, id=f"was-{state}-timed", unique=f"{state}, timed", unique_for=DAY)
    store.snapshot.copy(tmp_path / "copy")
    store.actions.delete("was-pending")
    enqueue(store, id="later", unique="pending")
    enqueue(store, id="only-later", unique="later")
    with open_store() as other:
        reserved = other.snapshot.reserve(20)
        other.snapshot.replace(tmp_path / "copy", reserved[0], 0, lambda: None, lambda: None)
    store.close()
    for state in State:
        held = state not in (State.COMPLETED, State.DEAD, State.CANCELLED)
        assert enqueue(store, unique=state)[1] is held
        assert enqueue(store, unique=f"{state}, timed") == (f"was-{state}-timed", True)
    assert enqueue(store, unique="later")[1] is False
    clock.time += DAY
    assert enqueue(store, unique="pending, timed")[1] is False
