"""Everything at once on the same jobs: afterwards the line, counts, series and counters agree with the jobs."""

import itertools
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from queuectl_core.model.attempt import NOTHING, Ended
from queuectl_core.model.bulk import Action
from queuectl_core.model.errors import Conflict, DatabaseUnusable, JobNotFound, QueueError, WrongState
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.model.state import State
from queuectl_core.postgres.counters import PostgresCounters
from queuectl_core.postgres.fold import fold
from queuectl_core.postgres.session import PostgresSession
from queuectl_core.store.store import Store
from tests.postgres.consistency import contradictions
from tests.postgres.opened import open_store
from tests.postgres.parallel import in_parallel, somebody_waits
from tests.running import eventually
from tests.store.attempts import SUCCESS, register

IDS = [f"j{n}" for n in range(12)]
STEPS = 80


def act(store: Store, chance: random.Random) -> None:
    """One action of a user or of housekeeping."""
    job = chance.choice(IDS)
    match chance.randrange(12):
        case 0 | 1 | 2:
            store.enqueue(
                NewJob(id=job, command="true", queue=f"q{chance.randrange(2)}", max_retries=1, backoff_base=0.01)
            )
        case 3:
            store.actions.cancel(job)
        case 4:
            store.actions.retry(job)
        case 5:
            change = chance.choice([{"queue": "q0"}, {"queue": "q1"}, {"priority": 3}, {"delay": 0.02}])
            store.actions.edit(job, JobChange.model_validate(change))
        case 6:
            store.actions.delete(job, force=chance.random() < 0.3)
        case 7:
            store.bulk.step(chance.choice([Action.RETRY, Action.CANCEL]), Filter(queues=("q0",)))
        case 8:
            store.bulk.named(chance.choice([*Action]), IDS)
        case 9:
            store.actions.expire(0.0, 3)
        case 10:
            store.rerun(job)
        case 11:
            with store.transaction():
                store.enqueue(NewJob(command="true", queue="q1"))
                with suppress(JobNotFound, WrongState), store.transaction():
                    store.actions.cancel(job)
                    raise JobNotFound(job)


def user(seed: int) -> Callable[[Store], None]:
    def run(store: Store) -> None:
        chance = random.Random(seed)
        for _ in range(STEPS):
            try:
                act(store, chance)
            except Conflict:
                pass
            except DatabaseUnusable:
                raise
            except QueueError:
                pass

    return run


def worker(name: str) -> Callable[[Store], None]:
    def run(store: Store) -> None:
        register(store, name)
        for n in range(STEPS):
            with suppress(Conflict), store.transaction():
                for lease in store.reports.held(name):
                    match n % 3:
                        case 0:
                            store.reports.complete(lease, SUCCESS)
                        case 1:
                            store.reports.fail(lease, Ended(1, "exit status 1", NOTHING))
                        case 2:
                            store.reports.hand_back(lease, NOTHING)
                store.claims.claim(name, 3)

    return run


def folder(database: str) -> Callable[[Store], None]:
    def run(store: Store) -> None:
        session = PostgresSession(database)
        for _ in range(STEPS):
            fold(session, PostgresCounters(session))
            with suppress(Conflict):
                store.series.compact()
            store.counters.all()
        session.close()

    return run


def test_a_job_that_is_deleted_while_it_is_copied_is_not_counted(database: str) -> None:
    with open_store(database) as store, open_store(database) as other, ThreadPoolExecutor(1) as thread:
        store.enqueue(NewJob(id="a", command="true"))
        other.check()
        with store.transaction():
            store.actions.delete("a")
            copied = thread.submit(other.rerun, "a")
            eventually(lambda: copied.done() or somebody_waits(database))
        with pytest.raises(JobNotFound):
            copied.result()
    assert contradictions(database) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_all_counts_agree_with_the_jobs_after_everything_was_done_at_once(database: str, seed: int) -> None:
    with open_store(database, durable=True) as store:
        store.queues.set_limit("q0", 2)
    users = (user(seed * 100 + n) for n in range(4))
    in_parallel(database, *users, *(worker(f"w{n}") for n in range(3)), folder(database), folder(database))
    assert contradictions(database) == []
    with open_store(database, durable=True) as store:
        store.counters.all()
    assert contradictions(database) == []


def test_a_cancel_that_was_accepted_is_not_followed_by_a_retry(database: str) -> None:
    jobs = 40
    with open_store(database, durable=True) as store:
        register(store, "w")
        ids = [store.enqueue(NewJob(command="true", max_retries=9, backoff_base=0)) for _ in range(jobs)]
        leases = [claim.lease for claim in store.claims.claim("w", jobs)]

    def report(store: Store) -> set[str]:
        for n, lease in enumerate(leases):
            if n % 2:
                assert store.reports.fail(lease, Ended(1, "exit status 1", NOTHING))
            else:
                assert store.reports.hand_back(lease, NOTHING)
        return set()

    def cancel(store: Store) -> set[str]:
        for job in ids:
            with suppress(WrongState):  # it is cancelled already
                store.actions.cancel(job)
        return {*ids}

    accepted = {*itertools.chain(*in_parallel(database, report, cancel, cancel_in_bulk(ids)))}
    with open_store(database, durable=True) as store:
        assert {job for job in accepted if store.jobs.get(job).state is not State.CANCELLED} == set()
    assert contradictions(database) == []


def cancel_in_bulk(ids: list[str]) -> Callable[[Store], set[str]]:
    def run(store: Store) -> set[str]:
        return {job.id for job in store.bulk.named(Action.CANCEL, ids).jobs}

    return run
