"""Locks: at most N jobs with the same key run at once. The table in docs/locks.md has a line for each case."""

from contextlib import closing
from pathlib import Path

import pytest

from queuectl_core.model.attempt import NOTHING, Claim
from queuectl_core.model.lock import Lock, LockUse
from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.model.state import State
from queuectl_core.model.waiting import Reason
from queuectl_core.store.store import Store
from tests.store.attempts import FAILURE, SUCCESS, die, register, take
from tests.store.backend import Backend, OpenStore
from tests.store.test_notifier import is_woken
from tests.store.test_snapshot import replace


def enqueue(store: Store, *ids: str, lock: object = "db", **fields: object) -> None:
    """Enqueue jobs with that lock."""
    for job_id in ids:
        store.enqueue(NewJob.model_validate({"id": job_id, "command": "true", "lock": lock, **fields}))


def started(store: Store, limit: int = 9, worker: str = "w") -> list[str]:
    return [claim.job_id for claim in take(store, worker, limit)]


def start(store: Store, job_id: str, worker: str = "w") -> Claim:
    [claim] = take(store, worker, 9)
    assert claim.job_id == job_id
    return claim


def complete(store: Store, *claims: Claim) -> None:
    for claim in claims:
        assert store.reports.complete(claim.lease, SUCCESS)


# How many run at once


def test_jobs_with_the_same_key_run_one_at_a_time_first_come_first_served(store: Store) -> None:
    enqueue(store, "a", "b", "c")
    for job_id in ("a", "b", "c"):
        claim = start(store, job_id)
        assert started(store, worker="other") == []
        complete(store, claim)


def test_a_semaphore_lets_as_many_run_as_its_limit_says(store: Store) -> None:
    enqueue(store, *"abcde", lock={"key": "db", "limit": 3})
    first = take(store, "w", 9)
    assert [claim.job_id for claim in first] == ["a", "b", "c"]
    complete(store, first[1])
    assert started(store, worker="other") == ["d"]


def test_a_key_is_held_over_all_queues(store: Store) -> None:
    enqueue(store, "a", "b")
    enqueue(store, "x", "y", queue="other")
    claims = take(store, "w", 9)
    assert len(claims) == 1
    complete(store, *claims)
    assert len(started(store)) == 1


def test_a_job_counts_all_that_run_with_its_key_against_its_own_limit(store: Store) -> None:
    enqueue(store, "three", lock={"key": "db", "limit": 3})
    enqueue(store, "one")
    enqueue(store, "two", lock={"key": "db", "limit": 2})
    claims = {claim.job_id: claim for claim in take(store, "w", 9)}
    assert claims.keys() == {"three", "two"}
    complete(store, claims["three"])
    assert started(store) == []
    complete(store, claims["two"])
    assert started(store) == ["one"]


def test_the_limit_of_a_queue_holds_as_well(store: Store) -> None:
    store.queues.set_limit("q", 2)
    enqueue(store, *"abcd", lock={"key": "db", "limit": 3}, queue="q")
    assert len(started(store)) == 2
    enqueue(store, "e", "f", lock={"key": "db", "limit": 3})
    assert started(store) == ["e"]


def test_other_keys_and_jobs_without_a_lock_are_not_held_up(store: Store) -> None:
    enqueue(store, *(f"busy{n}" for n in range(50)))
    start(store, "busy0")
    enqueue(store, "free", lock=None)
    enqueue(store, "other", lock="other")
    assert sorted(started(store)) == ["free", "other"]


def test_jobs_of_one_key_in_many_priorities_leave_the_room_to_others(store: Store) -> None:
    for priority in range(1, 9):
        enqueue(store, f"busy{priority}", priority=priority)
    enqueue(store, "a", "b", "c", lock=None)
    assert sorted(started(store, 4)) == ["a", "b", "busy8", "c"]


# In what order


def test_keys_take_turns(store: Store) -> None:
    enqueue(store, *(f"many{n}" for n in range(20)), lock={"key": "many", "limit": 9})
    enqueue(store, *(f"few{n}" for n in range(3)), lock={"key": "few", "limit": 9})
    done = []
    for _ in range(6):
        [claim] = take(store, "w", 1)
        complete(store, claim)
        done.append(claim.job_id)
    assert sorted(done) == ["few0", "few1", "few2", "many0", "many1", "many2"]


def test_in_one_claim_keys_take_turns_as_well(store: Store) -> None:
    enqueue(store, *(f"many{n}" for n in range(20)), lock={"key": "many", "limit": 9})
    enqueue(store, *(f"few{n}" for n in range(3)), lock={"key": "few", "limit": 9})
    assert sorted(started(store, 4)) == ["few0", "few1", "many0", "many1"]


def test_a_higher_priority_goes_first_among_jobs_with_and_without_locks(store: Store) -> None:
    enqueue(store, "low")
    enqueue(store, "plain", lock=None, priority=1)
    enqueue(store, "other", lock="other", priority=2)
    enqueue(store, "high", priority=3)
    assert sorted(started(store, 3)) == ["high", "other", "plain"]


def test_a_job_with_a_lock_does_not_wait_behind_younger_ones_without(store: Store) -> None:
    enqueue(store, "old")
    enqueue(store, *(f"young{n}" for n in range(5)), lock=None)
    assert sorted(started(store, 2)) == ["old", "young0"]


# When a lock is free again


@pytest.mark.parametrize("end", ["complete", "fail", "hand_back"])
def test_a_lock_is_free_when_the_attempt_ends(store: Store, end: str) -> None:
    enqueue(store, "a", max_retries=0)
    claim = start(store, "a")
    enqueue(store, "b", priority=1)
    assert started(store) == []
    getattr(store.reports, end)(claim.lease, {"complete": SUCCESS, "fail": FAILURE, "hand_back": NOTHING}[end])
    assert started(store) == ["b"]


def test_a_job_that_waits_for_a_retry_holds_no_lock(store: Store) -> None:
    enqueue(store, "a", backoff_base=1000)
    claim = start(store, "a")
    store.reports.fail(claim.lease, FAILURE)
    assert store.jobs.get("a").state is State.FAILED
    enqueue(store, "b")
    start(store, "b")
    store.actions.retry("a")
    assert started(store) == [], "its next attempt needs the lock again"


def test_a_cancelled_job_holds_its_lock_until_its_command_has_ended(store: Store) -> None:
    enqueue(store, "a", "b")
    claim = start(store, "a")
    store.actions.cancel("a")
    assert started(store) == []
    store.reports.fail(claim.lease, FAILURE)
    assert store.jobs.get("a").state is State.CANCELLED
    assert started(store) == ["b"]


def test_cancelling_a_waiting_job_lets_the_next_one_be_first(store: Store) -> None:
    enqueue(store, "a", "b", "c")
    claim = start(store, "a")
    store.actions.cancel("b")
    complete(store, claim)
    assert started(store) == ["c"]


def test_deleting_a_running_job_by_force_frees_its_lock(store: Store) -> None:
    enqueue(store, "a", "b")
    start(store, "a")
    store.actions.delete("a", force=True)
    assert started(store) == ["b"]


def test_a_lock_is_held_until_a_killed_worker_is_reaped(store: Store, backend: Backend) -> None:
    register(store, "killed")
    enqueue(store, "a", backoff_base=1000)
    assert started(store, worker="killed") == ["a"]
    enqueue(store, "b")
    die(store, "killed")
    assert started(store) == []
    backend.let_leases_expire("killed")
    store.workers.reap_expired()
    assert started(store) == ["b"]


def test_a_retried_job_waits_for_its_lock_again(store: Store) -> None:
    enqueue(store, "a", max_retries=0)
    store.reports.fail(start(store, "a").lease, FAILURE)
    enqueue(store, "b")
    claim = start(store, "b")
    store.actions.retry("a")
    assert started(store) == []
    complete(store, claim)
    assert started(store) == ["a"]


def test_a_rerun_and_a_batch_have_the_lock_as_well(store: Store) -> None:
    enqueue(store, "a")
    claim = start(store, "a")
    again = store.rerun("a")
    batch = store.batch()
    batch.stage([(0, NewJob(id="b", command="true", lock=Lock("db", 2)._asdict()))])
    batch.commit()
    assert store.jobs.get(again).lock == Lock("db", 1)
    assert store.jobs.get("b").lock == Lock("db", 2)
    assert started(store) == ["b"]
    complete(store, claim)


def test_restored_jobs_keep_their_locks_and_wait_again(store: Store, open_store: OpenStore, tmp_path: Path) -> None:
    enqueue(store, "a", "b")
    start(store, "a")
    store.snapshot.copy(tmp_path / "copy")
    replace(open_store, tmp_path / "copy")
    assert [store.jobs.get(job).lock for job in "ab"] == [Lock("db"), Lock("db")]
    first = take(store, "w", 9)
    complete(store, *first)
    second = take(store, "w", 9)
    assert (len(first), len(second)) == (1, 1)


# Editing


def test_an_edit_gives_changes_and_removes_a_lock(store: Store) -> None:
    enqueue(store, "a", "b", "c", "d")
    start(store, "a")
    store.actions.edit("b", JobChange.model_validate({"lock": None}))
    store.actions.edit("c", JobChange.model_validate({"lock": "other"}))
    store.actions.edit("d", JobChange.model_validate({"lock": {"key": "db", "limit": 2}}))
    assert sorted(started(store)) == ["b", "c", "d"]
    assert [store.jobs.get(job).lock for job in "bcd"] == [None, Lock("other"), Lock("db", 2)]


def test_an_edit_of_something_else_keeps_the_lock(store: Store) -> None:
    enqueue(store, "a")
    store.actions.edit("a", JobChange(priority=2, queue="q"))
    assert store.jobs.get("a").lock == Lock("db")
    start(store, "a")
    enqueue(store, "b", queue="q")
    assert started(store) == []


def test_the_same_id_with_another_lock_is_another_job(store: Store) -> None:
    enqueue(store, "a")
    with pytest.raises(Exception, match="exists already") as told:
        enqueue(store, "a", lock={"key": "db", "limit": 2})
    assert not told.value.same  # type: ignore[attr-defined]


# What is told


def test_a_job_that_waits_for_its_lock_says_so(store: Store) -> None:
    enqueue(store, "a", "b", "c", lock={"key": "db", "limit": 2})
    enqueue(store, "single")
    take(store, "w", 9)
    waiting, single = (store.waiting_for.of(store.jobs.get(job)) for job in ("c", "single"))
    assert waiting
    assert single
    assert waiting.reason is single.reason is Reason.LOCK
    assert waiting.detail == "lock db is held by 2 jobs, its limit is 2"
    assert single.detail == "lock db is held by 2 jobs, its limit is 1"


def test_locks_are_listed_by_key_while_jobs_use_them(store: Store) -> None:
    enqueue(store, "a", "b", lock="z")
    enqueue(store, "c", lock={"key": "a/b", "limit": 3})
    enqueue(store, "d", lock={"key": "a/b", "limit": 2}, delay=3600)
    enqueue(store, "e", lock="a")
    enqueue(store, "f", lock="ended")
    store.actions.cancel("f")
    take(store, "w", 9)
    uses = [LockUse("a/b", [2, 3], 1, 1), LockUse("a", [1], 1, 0), LockUse("z", [1], 1, 1)]
    assert store.locks.page(limit=9).items == uses
    cursor, paged = None, []
    while True:
        page = store.locks.page(limit=1, cursor=cursor)
        paged += page.items
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert paged == uses


def test_workers_are_woken_when_a_lock_becomes_free(store: Store, open_store: OpenStore) -> None:
    enqueue(store, "a", "b")
    claim = start(store, "a")
    with closing(open_store().listen()) as listener:
        listener.clear()
        complete(store, claim)
        assert is_woken(listener, within=10)
