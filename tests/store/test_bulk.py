"""Bulk actions: which states they change, in which steps, and what they skip."""

from collections.abc import Iterator

import pytest

from queuectl_core.model.bulk import Action
from queuectl_core.model.errors import InvalidCursor
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from queuectl_core.store import bulk
from queuectl_core.store.bulk import Step
from queuectl_core.store.store import Store
from tests.store.attempts import FAILURE, job_in_state, take


def all_steps(
    store: Store, action: Action, chosen: Filter, cursor: str | None = None, most: int = 500
) -> Iterator[Step]:
    while True:
        step = store.bulk.step(action, chosen, cursor, most=most)
        yield step
        cursor = step.next_cursor
        if cursor is None:
            return


def states(store: Store) -> dict[str, State]:
    return {job.id: job.state for job in store.jobs.page(Filter(), limit=100).items}


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    ("action", "force", "becomes"),
    [
        (Action.RETRY, False, {"failed": "pending", "dead": "pending", "cancelled": "pending"}),
        (Action.CANCEL, False, {"pending": "cancelled", "failed": "cancelled", "processing": "processing"}),
        (Action.DELETE, False, dict.fromkeys(["pending", "completed", "failed", "dead", "cancelled"])),
        (Action.DELETE, True, dict.fromkeys(State)),
    ],
)
def test_a_bulk_action_changes_the_jobs_it_can_and_counts_the_others(
    store: Store, action: Action, force: bool, becomes: dict[str, str | None], named: bool
) -> None:
    for state in State:
        job_in_state(store, state, id=state)
    if named:
        step = store.bulk.named(action, [*State, "unknown", "dead"], force=force)
        assert step.skipped == 7 - len(becomes)
    else:
        step = store.bulk.step(action, Filter(), force=force)
        assert step.skipped == 6 - len(becomes)
    assert (step.changed, step.next_cursor) == (len(becomes), None)
    expected = {state.value: becomes.get(state, state) for state in State}
    assert states(store) == {job_id: state for job_id, state in expected.items() if state}
    if action is Action.CANCEL:
        assert store.jobs.get("processing").cancelling
    assert len(step.logs) == (len(becomes) if action is Action.DELETE else 0)


def test_a_job_that_is_being_cancelled_is_not_asked_again(store: Store) -> None:
    job_in_state(store, State.PROCESSING)
    assert [store.bulk.step(Action.CANCEL, Filter()).changed for _ in range(2)] == [1, 0]


def test_a_bulk_action_changes_each_job_once_and_no_later_jobs(store: Store) -> None:
    for number in range(5):
        job_in_state(store, State.DEAD, id=f"d{number}")
    dead = Filter(states=(State.DEAD,))
    first = store.bulk.step(Action.RETRY, dead, most=2)
    for claim in take(store, "w1", 2):
        store.reports.fail(claim.lease, FAILURE)
    job_in_state(store, State.DEAD, id="later")
    assert first.next_cursor
    rest = all_steps(store, Action.RETRY, dead, cursor=first.next_cursor, most=2)
    assert [step.changed for step in (first, *rest)] == [2, 2, 1]
    assert [job_id for job_id, state in states(store).items() if state is State.DEAD] == ["later", "d1", "d0"]


def test_a_step_reads_few_jobs_even_if_none_matches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "SCANNED", 3)
    for number in range(7):
        store.enqueue(NewJob(id=f"j{number}", command="rare" if number == 6 else "true"))
    steps = all_steps(store, Action.DELETE, Filter(text="rare"))
    assert [(step.changed, step.skipped) for step in steps] == [(0, 0), (0, 0), (1, 0)]
    assert sorted(states(store)) == [f"j{number}" for number in range(6)]


def test_deleting_returns_the_logs_of_the_deleted_jobs(store: Store) -> None:
    for number in range(3):
        job_in_state(store, State.COMPLETED, id=f"c{number}", queue="a")
    job_in_state(store, State.COMPLETED, id="other", queue="b")
    steps = all_steps(store, Action.DELETE, Filter(queues=("a",)), most=2)
    assert [step.logs for step in steps] == [[(1, 1), (2, 1)], [(3, 1)]]
    assert list(states(store)) == ["other"]


def test_a_step_on_an_empty_queue_changes_nothing(store: Store) -> None:
    assert store.bulk.step(Action.DELETE, Filter()) == Step([], 0, [], None)


@pytest.mark.parametrize("cursor", ["", "5", "5:", "x:y", "-1:5", "1:2:3"])
def test_an_invalid_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        store.bulk.step(Action.RETRY, Filter(), cursor)
