"""Any order of verbs, by two workers on two connections: the queue does what the model says, and keeps its books."""

import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from queuectl_core.attempt import NOTHING, Claim, Lease
from queuectl_core.errors import (
    CommandNotAllowed,
    DatabaseBusy,
    JobExists,
    JobNotFound,
    QueueError,
    WorkerNotFound,
    WrongState,
)
from queuectl_core.event import Kind
from queuectl_core.new_job import JobChange, NewJob
from queuectl_core.sqlite.bulk import Action
from queuectl_core.sqlite.filter import Filter
from queuectl_core.sqlite.journal import DELETED
from queuectl_core.sqlite.store import Store
from queuectl_core.state import ENDED, TRANSITIONS, State, Verb, sources
from tests.core.working import FAILURE, SUCCESS, fall_silent, register
from tests.faults.form import times
from tests.faults.model import Model, ModelJob, changed
from tests.faults.report import Finding, record

WORKERS = ("w1", "w2")
OTHER = {"w1": "w2", "w2": "w1"}
WAITING = {State.PENDING, State.FAILED}
SERIES = (
    "SELECT queue, measure, sum(number) FROM series WHERE measure NOT LIKE '%:%' GROUP BY 1, 2 HAVING sum(number) <> 0"
)
LATER = 3600.0  # in seconds: nothing that waits so long is due before the test is over

# Few of each, so that they meet.
workers = st.sampled_from(WORKERS)
ids = st.sampled_from("abcdefghijklmnop")
numbers = st.integers(0, 15)
queues = st.sampled_from(["p", "q"])
tags = st.sampled_from(["x", "y"])
limits = st.integers(1, 4)
commands = st.sampled_from(["TRUE", "TRUE", "FALSE"])
lists_of_commands = st.sampled_from([None, ["TRUE"], ["TRUE", "FALSE"]])
queue_limits = st.none() | st.integers(1, 3)
reports = st.sampled_from([Verb.COMPLETE, Verb.FAIL, Verb.RELEASE])
new_jobs = st.builds(
    NewJob,
    command=commands,
    id=ids,
    queue=queues,
    priority=st.integers(0, 1),
    delay=st.sampled_from([None, None, None, LATER]),
    max_retries=st.sampled_from([None, 0, 1]),
    backoff_base=st.sampled_from([None, 0, 1000]),
    tags=st.lists(tags, max_size=3),
)
changes_of_a_job = st.fixed_dictionaries(
    {"priority": st.integers(0, 1)},
    optional={
        "command": commands,
        "queue": queues,
        "delay": st.sampled_from([None, LATER]),
        "max_retries": st.sampled_from([None, 0, 1]),
        "backoff_base": st.sampled_from([None, 0, 1000]),
        "tags": st.lists(tags, max_size=3),
    },
).map(JobChange.model_validate)
filters = st.builds(
    Filter,
    states=st.lists(st.sampled_from(State), unique=True, max_size=2).map(tuple),
    queue=st.none() | queues,
    tag=st.none() | tags,
    text=st.none() | ids,
)
changes = st.sampled_from(
    [
        (key, value)
        for key, values in {"max-retries": (0, 2), "backoff-base": (0, 1000), "backoff-max": (0, LATER)}.items()
        for value in values
    ]
)

Write = Callable[[Store, str], object]
writes: st.SearchStrategy[Write] = st.sampled_from(
    [
        lambda store, _: store.queue.enqueue(NewJob(command="true", tags=["x"])),
        lambda store, job_id: store.queue.cancel(job_id),
        lambda store, job_id: store.queue.retry(job_id),
        lambda store, job_id: store.queue.delete(job_id, force=True),
        lambda store, job_id: store.queue.edit(job_id, JobChange(queue="elsewhere", delay=1)),
        lambda store, _: store.bulk.step(Action.RETRY, Filter()),
        lambda store, _: store.bulk.step(Action.DELETE, Filter(), force=True),
        lambda store, _: store.queue.expire(-1),
        lambda store, _: store.workers.drain("w2"),
        lambda store, _: store.config.set("max-retries", 7),
        lambda store, _: store.queues.set_paused("p", True),
        lambda store, _: store.queues.set_limit("q", 7),
        lambda store, _: store.queues.set_commands("q", []),
    ]
)
"""What takes the lock to change something, with a job's id."""

MOVES = {(before, after) for moves in TRANSITIONS.values() for before, afters in moves.items() for after in afters} | {
    (None, State.PENDING)
}


def is_allowed(action: Action, job: ModelJob, force: bool) -> bool:
    """Whether a bulk action does something to the job."""
    if action is Action.DELETE:
        return force or job.state is not State.PROCESSING
    return job.state in sources(Verb(action)) and not (action is Action.CANCEL and job.cancelling)


class Crash(Exception):
    """A process dies in the middle of a transaction."""


class QueueMachine(RuleBasedStateMachine):
    """Two workers and a person use one queue; each verb is done to the model too. `done` counts steps and jobs."""

    claims = Bundle("claims")

    def __init__(self, migrated: Path, done: Counter[str]) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.database = Path(shutil.copy(migrated, self.directory / "queue.db"))
        self.stores = {worker: self.opened() for worker in WORKERS}
        self.reader = sqlite3.connect(self.database)
        self.done = done
        self.model = Model()
        self.read = 0
        self.told: dict[str, tuple[str, int, bool]] = {}
        self.told_of_workers: dict[str, bool] = {}

    def opened(self) -> Store:
        return Store(self.database, durable=False, busy_seconds=0)  # whoever finds it locked, says so at once

    def teardown(self) -> None:
        self.reader.close()
        for store in self.stores.values():
            store.close()
        shutil.rmtree(self.directory)

    @rule(by=workers, new=new_jobs)
    def enqueue(self, by: str, new: NewJob) -> None:
        try:
            self.stores[by].queue.enqueue(new)
        except JobExists:
            assert new.id in self.model.jobs
        except CommandNotAllowed:
            assert not self.model.takes(new)
        else:
            assert self.model.takes(new)
            self.arrived([new])

    @initialize(first=st.lists(new_jobs, min_size=1, max_size=6, unique_by=lambda new: new.id), limit=queue_limits)
    def start(self, first: list[NewJob], limit: int | None) -> None:
        for worker in WORKERS:
            self.begin(worker)
        self.configure("w1", ("backoff-base", 1000))
        self.limit("w1", "q", limit)
        self.enqueue_batch("w1", first)

    @rule(by=workers, batch=st.lists(new_jobs, min_size=1, max_size=4))
    def enqueue_batch(self, by: str, batch: list[NewJob]) -> None:
        taken = Counter([*self.model.jobs, *(str(new.id) for new in batch)])
        doubled = [place for place, new in enumerate(batch) if taken[str(new.id)] > 1]
        refused = [place for place, new in enumerate(batch) if not self.model.takes(new)]
        with closing(Store(self.database, durable=False)) as store:
            staged = store.batch()
            staged.stage(list(enumerate(batch)))
            if refused:
                with pytest.raises(CommandNotAllowed) as too_soon:
                    staged.commit()
                assert too_soon.value.position == refused[0]
            elif doubled:
                with pytest.raises(JobExists) as refusal:
                    staged.commit()
                assert refusal.value.position in doubled
            else:
                assert len(staged.commit()) == len(batch)
                self.arrived(batch)

    def arrived(self, batch: list[NewJob]) -> None:
        for new in batch:
            job_id = str(new.id)
            assert job_id not in self.model.jobs
            self.model.enqueue(new, job_id, self.stores["w1"].jobs.get(job_id).seq)
            self.done["jobs"] += 1

    @rule(target=claims, worker=workers, limit=limits, queues=st.lists(queues, unique=True))
    def claim(self, worker: str, limit: int, queues: list[str]) -> object:
        return multiple(*self.claimed(worker, limit, queues))

    @rule(worker=workers, verbs=st.lists(reports, min_size=1, max_size=4))
    def work(self, worker: str, verbs: list[Verb]) -> None:
        for claim, verb in zip(self.claimed(worker, len(verbs), []), verbs, strict=False):
            self.reported(claim.lease, verb)

    def claimed(self, worker: str, limit: int, queues: list[str]) -> list[Claim]:
        due = self.model.due(limit, queues)
        if due and worker not in self.model.workers:
            with pytest.raises(WorkerNotFound):
                self.stores[worker].leases.claim(worker, limit, queues)
            return []
        claims = self.stores[worker].leases.claim(worker, limit, queues)
        if self.model.workers.get(worker):
            assert claims == [], "it drains"
            return []
        assert [claim.job_id for claim in claims] == [job.id for job in due]
        for job, claim in zip(due, claims, strict=True):
            self.model.claim(job, worker)
            assert claim.lease == job.lease
        return claims

    @rule(claim=claims, verb=reports)
    def report(self, claim: Claim, verb: Verb) -> None:
        self.reported(claim.lease, verb)

    @precondition(lambda self: self.has(State.PROCESSING))
    @rule(number=numbers, verb=reports)
    def report_on_leases_of_others(self, number: int, verb: Verb) -> None:
        held = [job.lease for job in self.model.jobs.values() if job.lease]
        lease = held[number % len(held)]
        for attempt, worker in (
            (lease.attempt - 1, lease.worker),
            (lease.attempt + 1, lease.worker),
            (lease.attempt, OTHER[lease.worker]),
        ):
            self.reported(Lease(lease.seq, attempt, worker), verb)

    def reported(self, lease: Lease, verb: Verb) -> None:
        leases, job = self.stores[lease.worker].leases, self.model.holder(lease)
        match verb:
            case Verb.COMPLETE:
                accepted = leases.complete(lease, SUCCESS)
            case Verb.FAIL:
                accepted = leases.fail(lease, FAILURE)
            case _:
                accepted = leases.release(lease, NOTHING)
        assert accepted is (job is not None)
        if job:
            getattr(self.model, verb)(job)

    @rule(by=workers, number=numbers, verb=st.sampled_from([Verb.CANCEL, Verb.RETRY]))
    def ask(self, by: str, number: int, verb: Verb) -> None:
        job_id, job = self.chosen(number)
        try:
            getattr(self.stores[by].queue, verb)(job_id)
        except JobNotFound:
            assert job is None
        except WrongState:
            assert job and job.state not in sources(verb)
        except CommandNotAllowed:
            assert job and verb is Verb.RETRY and not self.model.takes(job.new)
        else:
            assert job and (verb is not Verb.RETRY or self.model.takes(job.new))
            getattr(self.model, verb)(job)

    @rule(by=workers, number=numbers, force=st.booleans())
    def delete(self, by: str, number: int, force: bool) -> None:
        job_id, job = self.chosen(number)
        try:
            key = self.stores[by].queue.delete(job_id, force=force)
        except JobNotFound:
            assert job is None
        except WrongState:
            assert job and job.state is State.PROCESSING and not force
        else:
            assert job and key == (job.seq, len(job.history))
            self.gone([job])

    def chosen(self, number: int) -> tuple[str, ModelJob | None]:
        """One of the jobs, or one that does not exist."""
        job_id = ["unknown", *self.model.jobs][number % (1 + len(self.model.jobs))]
        return job_id, self.model.jobs.get(job_id)

    @rule(by=workers, number=numbers, change=changes_of_a_job)
    def edit(self, by: str, number: int, change: JobChange) -> None:
        job_id, job = self.chosen(number)
        try:
            self.stores[by].queue.edit(job_id, change)
        except JobNotFound:
            assert job is None
        except WrongState:
            assert job and job.state not in sources(Verb.EDIT)
        except CommandNotAllowed:
            assert job and not self.model.takes(changed(job, change))
        else:
            assert job and (
                not change.model_fields_set & {"command", "queue"} or self.model.takes(changed(job, change))
            )
            self.model.edit(job, change)

    @rule(by=workers, action=st.sampled_from(Action), chosen=filters, force=st.booleans(), most=limits)
    def act_on_many(self, by: str, action: Action, chosen: Filter, force: bool, most: int) -> None:
        met = self.model.chosen(chosen)
        allowed = [
            job
            for job in met
            if is_allowed(action, job, force) and (action is not Action.RETRY or self.model.takes(job.new))
        ]
        changed, skipped, cursor = 0, 0, None
        while True:
            step = self.stores[by].bulk.step(action, chosen, cursor, force=force, most=most)
            changed, skipped, cursor = changed + step.changed, skipped + step.skipped, step.next_cursor
            if cursor is None:
                break
        assert (changed, skipped) == (len(allowed), len(met) - len(allowed))
        if action is Action.DELETE:
            self.gone(allowed)
        else:
            for job in allowed:
                getattr(self.model, action)(job)

    @precondition(lambda self: self.has(State.DEAD))
    @rule(by=workers, action=st.sampled_from(Action), chosen=filters, most=limits)
    def act_on_the_dead(self, by: str, action: Action, chosen: Filter, most: int) -> None:
        self.act_on_many(by, action, replace(chosen, states=(State.DEAD,)), False, most)

    @precondition(lambda self: self.has(*ENDED))
    @rule(by=workers, retention=st.sampled_from([-1, LATER]), limit=limits)
    def expire(self, by: str, retention: float, limit: int) -> None:
        over = (State.COMPLETED, State.CANCELLED) if retention < 0 else ()
        old = {(job.seq, len(job.history)): job for job in self.model.jobs.values() if job.state in over}
        expired = self.stores[by].queue.expire(retention, limit)
        assert len(expired) == min(limit, len(old))
        self.gone([old[key] for key in expired])

    def gone(self, jobs: list[ModelJob]) -> None:
        for job in jobs:
            del self.model.jobs[job.id]

    def has(self, *states: State) -> bool:
        return any(job.state in states for job in self.model.jobs.values())

    @precondition(lambda self: len(self.model.workers) < len(WORKERS))
    @rule(worker=workers)
    def begin(self, worker: str) -> None:
        if worker not in self.model.workers:
            register(self.stores[worker], worker)
            self.model.workers[worker] = False

    @rule(by=workers, worker=workers)
    def drain(self, by: str, worker: str) -> None:
        try:
            self.stores[by].workers.drain(worker)
        except WorkerNotFound:
            assert worker not in self.model.workers
        else:
            assert worker in self.model.workers
            self.model.workers[worker] = True

    @rule(worker=workers)
    def end(self, worker: str) -> None:
        self.stores[worker].workers.unregister(worker)
        self.model.remove(worker)

    @precondition(lambda self: self.model.workers)
    @rule(worker=workers)
    def silence(self, worker: str) -> None:
        if worker in self.model.workers:
            fall_silent(self.stores[worker], worker)
            self.model.silent.add(worker)

    @precondition(lambda self: self.model.silent)
    @rule(by=workers)
    def reap(self, by: str) -> None:
        assert set(self.stores[by].workers.reap()) == self.model.silent
        for worker in list(self.model.silent):
            self.model.remove(worker)

    @rule(by=workers, change=changes)
    def configure(self, by: str, change: tuple[str, float]) -> None:
        key, value = change
        self.stores[by].config.set(key, value)
        self.model.config[key] = value

    @rule(by=workers, queue=queues, paused=st.booleans())
    def pause(self, by: str, queue: str, paused: bool) -> None:
        self.stores[by].queues.set_paused(queue, paused)
        (self.model.paused.add if paused else self.model.paused.discard)(queue)

    @rule(by=workers, queue=queues, limit=queue_limits)
    def limit(self, by: str, queue: str, limit: int | None) -> None:
        self.stores[by].queues.set_limit(queue, limit)
        self.model.limits.pop(queue, None)
        if limit:
            self.model.limits[queue] = limit

    @rule(by=workers, queue=queues, listed=lists_of_commands)
    def allow(self, by: str, queue: str, listed: list[str] | None) -> None:
        self.stores[by].queues.set_commands(queue, listed)
        self.model.commands.pop(queue, None)
        if listed is not None:
            self.model.commands[queue] = listed

    @rule(by=workers, begun=st.lists(writes, max_size=4), tried=writes, number=numbers)
    def crash(self, by: str, begun: list[Write], tried: Write, number: int) -> None:
        """Nothing of an unfinished transaction is seen, nobody else writes meanwhile, and nothing is left of it."""
        store, other = self.stores[by], self.stores[OTHER[by]]
        job_id, _ = self.chosen(number)
        with suppress(Crash), store.transaction():
            for claim in store.leases.claim(by, 2) if by in self.model.workers else []:
                store.leases.complete(claim.lease, SUCCESS)
            for write in begun:
                with suppress(QueueError):
                    write(store, job_id)
            self.the_books_are_in_order()
            with pytest.raises(DatabaseBusy):
                tried(other, job_id)
            raise Crash

    @rule(worker=workers)
    def reopen(self, worker: str) -> None:
        self.stores[worker].close()
        self.stores[worker] = self.opened()

    @invariant()
    def after_each_step(self) -> None:
        self.done["steps"] += 1
        self.the_books_are_in_order()

    def the_books_are_in_order(self) -> None:
        jobs = self.model.jobs.values()
        assert self.rows(
            "SELECT seq, id, state, due, attempts, attempt, cancelling, worker, finished_at IS NOT NULL,"
            " failure IS NOT NULL"
            " FROM job ORDER BY seq"
        ) == [
            (
                job.seq,
                job.id,
                job.state,
                job.due,
                job.attempts,
                len(job.history),
                job.cancelling,
                job.worker,
                job.state in ENDED,
                job.state is State.DEAD,
            )
            for job in jobs
        ]
        assert self.rows("SELECT seq, number, worker, outcome FROM attempt ORDER BY seq, number") == list(
            self.model.attempts()
        )
        assert set(self.rows("SELECT seq, tag FROM job_tag")) == self.model.tags()
        assert {row[:2]: row[2] for row in self.rows("SELECT queue, state, jobs FROM tally WHERE jobs <> 0")} == dict(
            self.model.counts()
        )
        assert dict(self.rows("SELECT id, draining FROM worker")) == self.model.workers
        assert set(self.rows("SELECT name, paused, job_limit, commands IS NULL FROM queue")) == {
            (queue, queue in self.model.paused, self.model.limits.get(queue), queue not in self.model.commands)
            for queue in self.model.paused | self.model.limits.keys() | self.model.commands.keys()
        }
        assert {job.worker for job in jobs if job.lease} <= self.model.workers.keys()
        self.the_series_tell_it()
        self.the_journal_tells_it()

    def the_series_tell_it(self) -> None:
        """What was counted over all times; and how many wait is what has become of all that came and went."""
        waiting = Counter(job.new.queue for job in self.model.jobs.values() if job.state in WAITING)
        counted = Counter({(queue, "waiting"): number for queue, number in waiting.items()}) + self.model.happened
        assert {row[:2]: row[2] for row in self.rows(SERIES)} == dict(counted)

    def the_journal_tells_it(self) -> None:
        """Whoever follows the events from the beginning knows every state."""
        for seq, *event in self.rows(
            f"SELECT seq, kind, subject, change, attempts, cancelling FROM event WHERE seq > {self.read} ORDER BY seq"
        ):
            self.read = seq
            self.hear(*event)
        jobs = self.model.jobs.values()
        assert self.told == {job.id: (job.state, job.attempts, job.cancelling) for job in jobs}
        assert self.told_of_workers == self.model.workers

    def hear(self, kind: str, subject: str, change: str, attempts: int, cancelling: bool) -> None:
        before = self.told.get(subject, (None,))[0]
        if kind in (Kind.QUEUE, Kind.CONFIG):
            return
        if kind == Kind.WORKER and change == "stopped":
            del self.told_of_workers[subject]
        elif kind == Kind.WORKER:
            self.told_of_workers[subject] = change == "draining"
        elif change == DELETED:
            del self.told[subject]
        else:
            assert (before, change) in MOVES
            self.told[subject] = (change, attempts, cancelling)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.reader.execute(sql).fetchall()


def test_any_order_of_verbs_does_what_the_model_says(migrated: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("ERROR", "queuectl.leases")  # it warns of each report that it refuses
    done = Counter[str]()

    class Machine(QueueMachine):
        def __init__(self) -> None:
            super().__init__(migrated, done)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=times(50, 500),
            stateful_step_count=times(40, 80),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert done["steps"] >= times(1000, 10_000)
    record(
        Finding(
            fault="any order of verbs",
            cause="two workers and a person on two connections, crashes inside transactions, against a model",
            times=done["steps"],
            jobs=done["jobs"],
        )
    )
