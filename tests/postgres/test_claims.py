"""Claims by many workers at once: each job once, in order, and what changes in the meantime counts."""

import itertools
import random
from collections import Counter
from collections.abc import Callable

import psycopg
import pytest

from queuectl_core.host_clock import uptime
from queuectl_core.model.attempt import NOTHING, Ended
from queuectl_core.model.errors import DatabaseUnusable, QueueError, WorkerNotFound
from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.store.store import Store
from tests.postgres.consistency import contradictions
from tests.postgres.opened import open_store
from tests.postgres.parallel import in_parallel
from tests.store.attempts import SUCCESS, register

CLAIMERS = 8


@pytest.mark.parametrize("size", [1, 8, 64])
def test_each_job_is_claimed_once_and_those_of_a_queue_in_order(database: str, size: int) -> None:
    places: dict[str, tuple[str, int, int]] = {}
    jobs = 60 if size == 1 else 400
    with open_store(database, durable=True) as store:
        batch = store.batch()
        new = [NewJob(id=f"j{n}", command="true", queue=f"q{n % 3}", priority=n % 2) for n in range(jobs)]
        batch.stage([*enumerate(new)])
        batch.commit()
    places = {str(job.id): (job.queue, -job.priority, n) for n, job in enumerate(new)}

    def claim(name: str) -> Callable[[Store], list[str]]:
        def run(store: Store) -> list[str]:
            register(store, name)
            claimed = []
            while claims := store.claims.claim(name, size):
                with store.transaction():
                    for one in claims:
                        store.reports.complete(one.lease, SUCCESS)
                claimed += [one.job_id for one in claims]
            return claimed

        return run

    each = in_parallel(database, *(claim(f"w{n}") for n in range(CLAIMERS)))
    assert Counter(itertools.chain(*each)) == dict.fromkeys(places, 1)
    for claimed in each:
        for queue in ("q0", "q1", "q2"):
            line = [places[job] for job in claimed if places[job][0] == queue]
            assert line == sorted(line)
    assert contradictions(database) == []


def test_a_job_that_moves_while_it_is_claimed_is_in_the_line_only_while_it_is_due(database: str) -> None:
    """Handed back, retried at once, moved to another queue, or put off, between two statements of a claim."""
    with open_store(database, durable=True) as store:
        store.queues.set_paused("paused", True)
        for n in range(4):
            store.enqueue(NewJob(id=f"j{n}", command="true", max_retries=1000, backoff_base=0))

    def work(name: str) -> Callable[[Store], list[str]]:
        def run(store: Store) -> list[str]:
            register(store, name)
            wrong = []
            for n in range(120):
                for claim in store.claims.claim(name, 2):
                    wrong += [claim.queue] * (claim.queue == "paused")
                    if n % 2:
                        store.reports.hand_back(claim.lease, NOTHING)
                    else:
                        store.reports.fail(claim.lease, Ended(1, "exit status 1", NOTHING))
            return wrong

        return run

    def edit(store: Store) -> list[str]:
        for n in range(250):
            change = random.choice(
                [{"queue": "paused"}, {"queue": "default"}] * 3 + [{"priority": n % 5}, {"delay": 0.01}]
            )
            try:
                store.actions.edit(f"j{n % 4}", JobChange.model_validate(change))
            except DatabaseUnusable:
                raise
            except QueueError:
                pass  # it is running
        return []

    wrong = in_parallel(database, *(work(f"w{n}") for n in range(6)), edit, edit)
    assert [*itertools.chain(*wrong)] == []
    assert contradictions(database) == []


def test_a_worker_that_is_removed_or_drained_meanwhile_keeps_no_job(database: str) -> None:
    with open_store(database, durable=True) as store:
        for _ in range(200):
            store.enqueue(NewJob(command="true", max_retries=1000, backoff_base=0))

    def work(name: str) -> Callable[[Store], None]:
        def run(store: Store) -> None:
            for n in range(15):
                worker = register(store, f"{name}-{n}")
                try:
                    while store.claims.claim(worker, 3):
                        pass
                except WorkerNotFound:
                    continue

        return run

    def remove(store: Store) -> None:
        for _ in range(60):
            for worker in store.workers.all():
                store.workers.remove(worker.id)

    in_parallel(database, *(work(f"w{n}") for n in range(4)), remove, remove)
    with open_store(database, durable=True) as store:
        for worker in store.workers.all():
            store.workers.drain(worker.id)
            assert store.claims.claim(worker.id, 1) == []
    assert contradictions(database) == []


def test_after_a_failover_nothing_is_claimed_for_the_longest_lease(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claims that the former server has acknowledged may be lost, while their commands still run."""
    with (
        open_store(database, durable=True) as store,
        open_store(database, durable=True) as other,
        psycopg.connect(database, autocommit=True) as connection,
    ):
        register(store, "w", lease_seconds=3000)
        jobs = [store.enqueue(NewJob(command="true")) for _ in range(2)]
        connection.execute("UPDATE generation SET timeline = 'another'")
        assert store.claims.claim("w", 1) == []
        assert store.claims.claim("w", 1) == [], "the timeline is known now, but the lease of w may not be over"
        for seconds in (3600, -3600):
            connection.execute(
                "UPDATE generation SET since = clock_timestamp() + make_interval(secs => %s)", (seconds,)
            )
            assert store.claims.claim("w", 1) == [], "the pause rests on no wall clock"
        with monkeypatch.context() as later:
            later.setattr("queuectl_core.postgres.claims.uptime", lambda: uptime() + 3001)
            assert other.claims.claim("w", 1) == [], "which has seen that timeline just now"
            assert [claim.job_id for claim in store.claims.claim("w", 1)] == jobs[:1]
        assert [claim.job_id for claim in other.claims.claim("w", 1)] == jobs[1:]
