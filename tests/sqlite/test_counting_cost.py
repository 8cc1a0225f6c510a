"""Counting costs the same however many queues are counted."""

from collections.abc import Callable

import pytest

from queuectl_core.model.counters import MOST_QUEUES, OTHER
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from tests.opened import session_of
from tests.store.attempts import SUCCESS, claim_one, job_in_state


@pytest.fixture
def counting(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done with the counters from now on: the verbs of SQL."""
    verbs: list[str] = []
    for name in ("execute_many", "rows", "row", "execute"):
        run = getattr(session_of(store), name)

        def noted(sql: str, *parameters: object, run: Callable[..., object] = run) -> object:
            if "counter" in sql:
                verbs.append(sql.split()[0])
            return run(sql, *parameters)

        monkeypatch.setattr(session_of(store), name, noted)
    return verbs


def test_counting_takes_one_statement_a_transaction(store: Store, counting: list[str]) -> None:
    job_in_state(store, State.COMPLETED)
    counting.clear()
    store.enqueue(NewJob(command="true"))
    store.reports.complete(claim_one(store).lease, SUCCESS)
    assert counting == ["UPDATE"] * 3


def test_counting_many_queues_takes_no_more_statements(store: Store, counting: list[str]) -> None:
    number = MOST_QUEUES + 900
    batch = store.batch()
    batch.stage([(place, NewJob(command="true", queue=f"q{place}")) for place in range(number)])
    batch.commit()
    assert counting == ["UPDATE", "SELECT", "INSERT", "UPDATE"]
    assert (len(store.counters.all()), store.counters.all()[OTHER]["enqueued"]) == (MOST_QUEUES + 1, 900)
