"""The same done to many jobs: in which states, in which steps, and what is left alone."""

from collections.abc import Iterator

import pytest

from queuectl_core.errors import InvalidCursor
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite import bulk
from queuectl_core.sqlite.bulk import Action, Step
from queuectl_core.sqlite.filter import Filter
from queuectl_core.sqlite.store import Store
from queuectl_core.state import State
from tests.core.working import FAILURE, brought_to, take


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
def test_what_can_be_done_to_a_job_is_done_and_the_others_are_counted(
    store: Store, action: Action, force: bool, becomes: dict[str, str | None], named: bool
) -> None:
    for state in State:
        brought_to(store, state, id=state)
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


def test_a_job_that_is_being_stopped_is_not_asked_again(store: Store) -> None:
    brought_to(store, State.PROCESSING)
    assert [store.bulk.step(Action.CANCEL, Filter()).changed for _ in range(2)] == [1, 0]


def test_each_job_is_met_once_though_it_dies_again_and_later_ones_are_left_alone(store: Store) -> None:
    for number in range(5):
        brought_to(store, State.DEAD, id=f"d{number}")
    dead = Filter(states=(State.DEAD,))
    first = store.bulk.step(Action.RETRY, dead, most=2)
    for claim in take(store, "w1", 2):
        store.leases.fail(claim.lease, FAILURE)
    brought_to(store, State.DEAD, id="later")
    assert first.next_cursor
    rest = all_steps(store, Action.RETRY, dead, cursor=first.next_cursor, most=2)
    assert [step.changed for step in (first, *rest)] == [2, 2, 1]
    assert [job_id for job_id, state in states(store).items() if state is State.DEAD] == ["later", "d1", "d0"]


def test_a_step_looks_at_few_jobs_also_where_none_is_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MET", 3)
    for number in range(7):
        store.queue.enqueue(NewJob(id=f"j{number}", command="rare" if number == 6 else "true"))
    steps = all_steps(store, Action.DELETE, Filter(text="rare"))
    assert [(step.changed, step.skipped) for step in steps] == [(0, 0), (0, 0), (1, 0)]
    assert sorted(states(store)) == [f"j{number}" for number in range(6)]


def test_logs_are_told_of_those_that_are_deleted(store: Store) -> None:
    for number in range(3):
        brought_to(store, State.COMPLETED, id=f"c{number}", queue="a")
    brought_to(store, State.COMPLETED, id="other", queue="b")
    steps = all_steps(store, Action.DELETE, Filter(queue="a"), most=2)
    assert [step.logs for step in steps] == [[(1, 1), (2, 1)], [(3, 1)]]
    assert list(states(store)) == ["other"]


def test_nothing_is_done_where_there_is_nothing(store: Store) -> None:
    assert store.bulk.step(Action.DELETE, Filter()) == Step([], 0, [], None)


@pytest.mark.parametrize("cursor", ["", "5", "5:", "x:y", "-1:5", "1:2:3"])
def test_a_cursor_from_elsewhere_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        store.bulk.step(Action.RETRY, Filter(), cursor)
