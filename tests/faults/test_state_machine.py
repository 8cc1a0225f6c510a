"""Any order of verbs, by two workers on two connections: the queue does what the model says, its counts stay right."""

import itertools
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

from queuectl_core.model.attempt import NOTHING, Claim, Lease
from queuectl_core.model.bulk import Action
from queuectl_core.model.errors import (
    CommandNotAllowed,
    DatabaseBusy,
    IdGivenTwice,
    JobExists,
    JobNotFound,
    QueueError,
    WorkerNotFound,
    WrongState,
)
from queuectl_core.model.event import DELETED, EventType
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.model.state import ENDED, State, Verb, sources
from queuectl_core.store.store import Store
from tests.faults.model import Change, Model, ModelJob, changed
from tests.faults.options import times
from tests.faults.report import Finding, record
from tests.sqlite.backend import SqliteBackend
from tests.store.attempts import FAILURE, SUCCESS, die, register

WORKERS = ("w1", "w2")
OTHER = {"w1": "w2", "w2": "w1"}
WAITING = {State.PENDING, State.FAILED}
SERIES = (
    "SELECT queue, measure, sum(number) FROM series WHERE measure NOT LIKE '%:%' GROUP BY 1, 2 HAVING sum(number) <> 0"
)
LATER = 3600.0  # in seconds: nothing that waits so long is due before the test is over

# Few of each, so that they collide.
workers = st.sampled_from(WORKERS)
ids = st.sampled_from("abcdefghijklmnop")
numbers = st.integers(0, 15)
queues = st.sampled_from(["p", "q"])
tags = st.sampled_from(["x", "y"])
limits = st.integers(1, 4)
commands = st.sampled_from(["TRUE", "TRUE", "FALSE"])
lists_of_commands = st.sampled_from([None, ["TRUE"], ["TRUE", "FALSE"]])
queue_limits = st.none() | st.integers(1, 3)
locks = st.sampled_from([None, None, None, {"key": "k"}, {"key": "k", "limit": 2}, {"key": "m"}])
reports = st.sampled_from([Verb.COMPLETE, Verb.FAIL, Verb.HAND_BACK])
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
    lock=locks,
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
        "lock": locks,
    },
).map(JobChange.model_validate)
filters = st.builds(
    Filter,
    states=st.lists(st.sampled_from(State), unique=True, max_size=2).map(tuple),
    queues=st.lists(queues, max_size=2, unique=True).map(tuple),
    tags=st.lists(tags, max_size=2, unique=True).map(tuple),
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
        lambda store, _: store.enqueue(NewJob(command="true", tags=["x"])),
        lambda store, job_id: store.actions.cancel(job_id),
        lambda store, job_id: store.actions.retry(job_id),
        lambda store, job_id: store.actions.delete(job_id, force=True),
        lambda store, job_id: store.actions.edit(job_id, JobChange(queue="elsewhere", delay=1)),
        lambda store, _: store.bulk.step(Action.RETRY, Filter()),
        lambda store, _: store.bulk.step(Action.DELETE, Filter(), force=True),
        lambda store, _: store.actions.expire(-1),
        lambda store, _: store.workers.drain("w2"),
        lambda store, _: store.config.set("max-retries", 7),
        lambda store, _: store.queues.set_paused("p", True),
        lambda store, _: store.queues.set_limit("q", 7),
        lambda store, _: store.queues.set_commands("q", []),
    ]
)
"""What takes the lock to change something, with a job's id."""


def is_allowed(action: Action, job: ModelJob, force: bool) -> bool:
    """Whether a bulk action does something to the job."""
    if action is Action.DELETE:
        return force or job.state is not State.PROCESSING
    return job.state in sources(Verb(action)) and not (action is Action.CANCEL and job.cancelling)


class Crash(Exception):
    """A process dies in the middle of a transaction."""


class QueueMachine(RuleBasedStateMachine):
    """Two workers and a user on one queue; each verb is done to the model too. `done` counts steps and jobs."""

    claims = Bundle("claims")

    def __init__(self, migrated: Path, done: Counter[str]) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.backend = SqliteBackend(Path(shutil.copy(migrated, self.directory / "queue.db")))
        self.stores = {worker: self.opened() for worker in WORKERS}
        self.registered_by = dict(self.stores)  # it holds their locks, also when another store took its place
        self.reader = sqlite3.connect(self.backend.database)
        self.done = done
        self.model = Model()
        self.read = 0
        self.told: dict[str, tuple[str, int, bool]] = {}
        self.told_of_workers: dict[str, bool] = {}

    def opened(self) -> Store:
        return self.backend.open_store(busy_seconds=0)  # if it is locked, that is reported immediately

    def teardown(self) -> None:
        for worker, store in self.registered_by.items():
            die(store, worker)
        self.reader.close()
        self.backend.close()
        shutil.rmtree(self.directory)

    @rule(by=workers, new=new_jobs)
    def enqueue(self, by: str, new: NewJob) -> None:
        try:
            self.stores[by].enqueue(new)
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
        with closing(self.backend.open_store()) as store:
            staged = store.batch()
            staged.stage(list(enumerate(batch)))
            if refused:
                with pytest.raises(CommandNotAllowed) as too_soon:
                    staged.commit()
                assert too_soon.value.position == refused[0]
            elif doubled:
                with pytest.raises((JobExists, IdGivenTwice)) as refusal:
                    staged.commit()
                assert isinstance(refusal.value, JobExists | IdGivenTwice)
                assert refusal.value.position in doubled
            else:
                staged.commit()
                assert len(staged) == len(batch)
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
        rounds = self.model.rounds(queues)
        if self.model.startable(queues) and worker not in self.model.workers:
            with pytest.raises(WorkerNotFound):
                self.stores[worker].claims.claim(worker, limit, queues)
            return []
        claims = self.stores[worker].claims.claim(worker, limit, queues)
        if self.model.workers.get(worker):
            assert claims == [], "it drains"
            return []
        if self.model.some_locked():
            return self.claimed_with_locks(worker, claims, limit, queues)
        assert len(claims) == min(limit, sum(map(len, rounds)))
        left = iter(claims)
        for jobs in rounds:
            for claim in itertools.islice(left, len(jobs)):
                job = jobs.pop(claim.job_id)
                self.model.claim(job, worker)
                assert claim.lease == job.lease
        return claims

    def claimed_with_locks(self, worker: str, claims: list[Claim], limit: int, queues: list[str]) -> list[Claim]:
        """Any keys may have their turn; but each job may start when it does, and none is left that may."""
        for claim in claims:
            startable = self.model.startable(queues)
            [job] = [job for job in startable if job.id == claim.job_id]
            assert job.new.priority == max(other.new.priority for other in startable)
            line = (job.new.queue, job.new.priority, job.new.lock)
            assert all(
                other.seq >= job.seq
                for other in startable
                if (other.new.queue, other.new.priority, other.new.lock) == line
            )
            self.model.claim(job, worker)
            assert claim.lease == job.lease
        assert len(claims) == limit or not self.model.startable(queues)
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
        reports, job = self.stores[lease.worker].reports, self.model.holder(lease)
        match verb:
            case Verb.COMPLETE:
                accepted = reports.complete(lease, SUCCESS)
            case Verb.FAIL:
                accepted = reports.fail(lease, FAILURE)
            case _:
                accepted = reports.hand_back(lease, NOTHING)
        assert accepted is (job is not None)
        if job:
            getattr(self.model, verb)(job)

    @rule(by=workers, number=numbers, verb=st.sampled_from([Verb.CANCEL, Verb.RETRY]))
    def ask(self, by: str, number: int, verb: Verb) -> None:
        self.asked(by, verb, *self.chosen(number))

    @precondition(lambda self: self.has(State.PROCESSING))
    @rule(by=workers, number=numbers)
    def cancel_what_runs(self, by: str, number: int) -> None:
        """Also what is being cancelled already, of which nobody is told again."""
        running = [job for job in self.model.jobs.values() if job.lease]
        job = running[number % len(running)]
        self.asked(by, Verb.CANCEL, job.id, job)

    def asked(self, by: str, verb: Verb, job_id: str, job: ModelJob | None) -> None:
        try:
            getattr(self.stores[by].actions, verb)(job_id)
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
            key = self.stores[by].actions.delete(job_id, force=force).log_key
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
            self.stores[by].actions.edit(job_id, change)
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
        expired = self.stores[by].actions.expire(retention, limit)
        assert len(expired) == min(limit, len(old))
        self.gone([old[key] for key in expired])

    def gone(self, jobs: list[ModelJob]) -> None:
        for job in jobs:
            self.model.delete(job)

    def has(self, *states: State) -> bool:
        return any(job.state in states for job in self.model.jobs.values())

    @precondition(lambda self: len(self.model.workers) < len(WORKERS))
    @rule(worker=workers)
    def begin(self, worker: str) -> None:
        if worker not in self.model.workers:
            register(self.stores[worker], worker)
            self.registered_by[worker] = self.stores[worker]
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
        die(self.registered_by[worker], worker)
        self.model.remove(worker)

    @precondition(lambda self: self.model.workers)
    @rule(worker=workers)
    def let_leases_expire(self, worker: str) -> None:
        if worker in self.model.workers:
            die(self.registered_by[worker], worker)
            self.backend.let_leases_expire(worker)
            self.model.expired.add(worker)

    @precondition(lambda self: self.model.expired)
    @rule(by=workers)
    def reap(self, by: str) -> None:
        assert set(self.stores[by].workers.reap_expired()) == self.model.expired
        for worker in list(self.model.expired):
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
            for claim in store.claims.claim(by, 2) if by in self.model.workers else []:
                store.reports.complete(claim.lease, SUCCESS)
            for write in begun:
                with suppress(QueueError):
                    write(store, job_id)
            self.everything_is_as_the_model_says()
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
        self.everything_is_as_the_model_says()

    def everything_is_as_the_model_says(self) -> None:
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
        self.the_events_tell_it()

    def the_series_tell_it(self) -> None:
        """What was counted over all times; and how many wait is what has become of all that came and went."""
        waiting = Counter(job.new.queue for job in self.model.jobs.values() if job.state in WAITING)
        counted = Counter({(queue, "waiting"): number for queue, number in waiting.items()}) + self.model.happened
        assert {row[:2]: row[2] for row in self.rows(SERIES)} == dict(counted)

    def the_events_tell_it(self) -> None:
        """Whoever follows the events from the beginning knows every state; each change is one that the model made."""
        changes: list[Change] = []
        for seq, *event in self.rows(
            f"SELECT seq, kind, subject, change, attempts, cancelling FROM event WHERE seq > {self.read} ORDER BY seq"
        ):
            self.read = seq
            changes += self.hear(*event)
        assert Counter(changes) == Counter(self.model.changes)
        self.model.changes.clear()
        jobs = self.model.jobs.values()
        assert self.told == {job.id: (job.state, job.attempts, job.cancelling) for job in jobs}
        assert self.told_of_workers == self.model.workers

    def hear(self, kind: str, subject: str, change: str, attempts: int, cancelling: bool) -> list[Change]:
        """Returns the change of a job, if the event is about one."""
        if kind in (EventType.QUEUE, EventType.CONFIG):
            return []
        if kind == EventType.WORKER:
            if change == "stopped":
                del self.told_of_workers[subject]
            else:
                self.told_of_workers[subject] = change == "draining"
            return []
        assert kind == EventType.JOB
        before = State(self.told[subject][0]) if subject in self.told else None
        if change == DELETED:
            del self.told[subject]
            return [(subject, before, None)]
        self.told[subject] = (change, attempts, cancelling)
        return [(subject, before, State(change))]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.reader.execute(sql).fetchall()


def test_any_order_of_verbs_does_what_the_model_says(migrated: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("ERROR", "queuectl.reports")  # it warns of each report that it refuses
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
            cause="two workers and a user on two connections, crashes inside transactions, against a model",
            times=done["steps"],
            jobs=done["jobs"],
        )
    )
