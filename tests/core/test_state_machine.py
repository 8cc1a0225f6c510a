"""Any sequence of verbs keeps the queue within its table of transitions, and its books in order."""

import shutil
import sqlite3
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from queuectl_core.attempt import Claim, Outcome
from queuectl_core.errors import JobNotFound, WrongState
from queuectl_core.migrate import migrate
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.store import Store
from queuectl_core.state import TRANSITIONS, State, Verb
from tests.core.working import FAILURE, SUCCESS, register

WORKERS = ("w1", "w2")


class QueueMachine(RuleBasedStateMachine):
    """Two workers and a person use one queue; `model` holds the state that each job must be in."""

    jobs = Bundle("jobs")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.database = self.directory / "queue.db"
        self.model: dict[str, State] = {}
        self.good: dict[str, Claim] = {}

    @initialize()
    def start(self) -> None:
        migrate(self.database)
        self.stores = {worker: Store(self.database, durable=False) for worker in WORKERS}
        self.store = self.stores["w1"]
        for worker in WORKERS:
            register(self.store, worker)

    def teardown(self) -> None:
        for store in getattr(self, "stores", {}).values():
            store.close()
        shutil.rmtree(self.directory)

    @rule(target=jobs, retries=st.integers(0, 2), delay=st.sampled_from([None, 3600]))
    def enqueue(self, retries: int, delay: float | None) -> str:
        job_id = self.store.queue.enqueue(NewJob(command="true", max_retries=retries, backoff_base=0, delay=delay))
        self.model[job_id] = State.PENDING
        return job_id

    @rule(target=claims, worker=st.sampled_from(WORKERS), limit=st.integers(1, 3))
    def claim(self, worker: str, limit: int) -> object:
        claims = self.stores[worker].leases.claim(worker, limit)
        for claim in claims:
            assert claim.job_id not in self.good, "two leases on one job"
            self.moved(claim.job_id, Verb.CLAIM, State.PROCESSING)
            self.good[claim.job_id] = claim
        return multiple(*claims)

    @rule(
        claim=consumes(claims),
        verb=st.sampled_from([Verb.COMPLETE, Verb.FAIL, Verb.RELEASE]),
        again=st.booleans(),
    )
    def report(self, claim: Claim, verb: Verb, again: bool) -> None:
        leases = self.stores[claim.lease.worker].leases
        good = self.good.get(claim.job_id) == claim
        for expected in (good, False) if again else (good,):
            if verb is Verb.COMPLETE:
                accepted = leases.complete(claim.lease, SUCCESS)
            elif verb is Verb.FAIL:
                accepted = leases.fail(claim.lease, FAILURE)
            else:
                accepted = leases.release(claim.lease, 0)
            assert accepted is expected
        if good:
            del self.good[claim.job_id]
            self.moved(claim.job_id, verb, self.store.jobs.get(claim.job_id).state)

    @rule(job_id=jobs, verb=st.sampled_from([Verb.CANCEL, Verb.RETRY]))
    def ask(self, job_id: str, verb: Verb) -> None:
        allowed = self.model.get(job_id) in TRANSITIONS[verb]
        try:
            getattr(self.store.queue, verb)(job_id)
        except (WrongState, JobNotFound):
            assert not allowed
        else:
            assert allowed
            self.moved(job_id, verb, self.store.jobs.get(job_id).state)

    @rule(job_id=jobs, force=st.booleans())
    def delete(self, job_id: str, force: bool) -> None:
        state = self.model.get(job_id)
        try:
            self.store.queue.delete(job_id, force=force)
        except JobNotFound:
            assert state is None
        except WrongState:
            assert state is State.PROCESSING and not force
        else:
            del self.model[job_id]
            self.good.pop(job_id, None)

    @rule(worker=st.sampled_from(WORKERS))
    def lose(self, worker: str) -> None:
        self.store.workers.heartbeat(worker, -1)
        assert self.store.workers.reap() == [worker]
        register(self.store, worker)
        for job_id in [job_id for job_id, claim in self.good.items() if claim.lease.worker == worker]:
            del self.good[job_id]
            self.moved(job_id, Verb.FAIL, self.store.jobs.get(job_id).state)

    def moved(self, job_id: str, verb: Verb, state: State) -> None:
        assert state in TRANSITIONS[verb][self.model[job_id]]
        self.model[job_id] = state

    @invariant()
    def the_books_are_in_order(self) -> None:
        if not hasattr(self, "store"):
            return
        assert {job_id: self.store.jobs.get(job_id).state for job_id in self.model} == self.model
        counts = Counter(self.model.values())
        assert self.store.jobs.counts() == {state: counts[state] for state in State}
        held = {lease for worker in WORKERS for lease in self.store.leases.held(worker)}
        assert held == {claim.lease for claim in self.good.values()}
        self.rows_agree()

    def rows_agree(self) -> None:
        connection = sqlite3.connect(self.database)
        wrong = connection.execute(
            "SELECT id FROM job WHERE (due IS NOT NULL) <> (state IN ('pending', 'failed'))"
            " OR (state = 'processing' AND worker IS NULL)"
            " OR (finished_at IS NOT NULL) <> (state IN ('completed', 'dead', 'cancelled'))"
            " OR attempts > max_retries + 1 OR attempts < 0"
            " OR attempt <> (SELECT count(*) FROM attempt WHERE attempt.seq = job.seq)"
            " OR (state = 'processing') <> EXISTS"
            "    (SELECT 1 FROM attempt WHERE attempt.seq = job.seq AND outcome = ?)",
            (Outcome.PROCESSING,),
        ).fetchall()
        connection.close()
        assert wrong == []


QueueMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestQueue = QueueMachine.TestCase
