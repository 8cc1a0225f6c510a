"""Any order of verbs: at most one job holds a key at any time, and the key is free whenever no job should hold it."""

from contextlib import closing, suppress
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from queuectl_core.model.attempt import NOTHING, Claim
from queuectl_core.model.bulk import Action
from queuectl_core.model.errors import JobNotFound, KeyHeld, WrongState
from queuectl_core.model.filter import Filter
from queuectl_core.model.job import Job
from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.model.state import ENDED, WAITING, State
from queuectl_core.store.store import Store
from tests.store.attempts import FAILURE, SUCCESS, die, take
from tests.store.backend import MakeBackend
from tests.store.key_clock import KeyClock

KEYS = ("k", "l")
SECONDS = 60.0

new_jobs = st.fixed_dictionaries(
    {"command": st.just("true"), "unique": st.sampled_from([*KEYS, *KEYS, None]), "backoff_base": st.just(0)},
    optional={
        "unique_for": st.just(SECONDS),
        "on_conflict": st.sampled_from(["return", "reject", "replace"]),
        "max_retries": st.just(1),
    },
).map(lambda fields: NewJob.model_validate(fields if fields["unique"] else {"command": "true"}))
places = st.integers(0, 9)


class UniqueMachine(RuleBasedStateMachine):
    """One store, whose clock is set forward by hand. `since`: when each job was enqueued, or replaced."""

    def __init__(self, make_backend: MakeBackend) -> None:
        super().__init__()
        self.backend = make_backend()
        self.clock = KeyClock()
        self.store = self.opened()
        self.claims: list[Claim] = []
        self.since: dict[str, float] = {}

    def opened(self) -> Store:
        store = self.backend.open_store()
        self.clock.show(store)
        return store

    def teardown(self) -> None:
        die(self.store, "w1")
        self.backend.close()

    def jobs(self) -> list[Job]:
        return self.store.jobs.page(Filter(), limit=500).items

    def holders(self, key: str | None) -> list[Job]:
        """By what is known of the jobs, not by what the database notes about the key."""
        return [job for job in self.jobs() if job.unique is not None and job.unique == key and self.should_hold(job)]

    def should_hold(self, job: Job) -> bool:
        if job.unique_for is None:
            return job.state not in ENDED
        return self.clock.time < self.since[job.id] + job.unique_for

    @rule(new=new_jobs)
    def enqueue(self, new: NewJob) -> None:
        there = self.holders(new.unique)
        try:
            job, existing, replaced = self.store.enqueued(new)
        except KeyHeld:
            assert there
            assert new.on_conflict == "reject" or there[0].state not in WAITING
            return
        assert [job.id] == [held.id for held in there] if existing else not there
        if replaced or not existing:
            self.since[job.id] = self.clock.time

    @rule(jobs=st.lists(new_jobs, min_size=1, max_size=4))
    def enqueue_batch(self, jobs: list[NewJob]) -> None:
        there = {key: self.holders(key) for key in KEYS}
        with closing(self.opened()) as store:
            batch = store.batch()
            batch.stage(list(enumerate(jobs)))
            try:
                batch.commit()
            except KeyHeld as refused:
                refusal: KeyHeld | None = refused
            else:
                refusal = None
            if refusal is not None:
                assert jobs[refusal.position].on_conflict in ("reject", "replace")
                return
            ids, existing = list(batch.ids()), set(batch.existing())
        assert len(ids) == len(jobs)
        assert existing == {job.id for new in jobs if new.unique for job in there[new.unique]}
        for new, job_id in zip(jobs, ids, strict=True):
            if job_id not in self.since or new.on_conflict == "replace":
                self.since[job_id] = self.clock.time

    @rule(most=st.integers(1, 3))
    def claim(self, most: int) -> None:
        self.claims += take(self.store, "w1", most)

    @rule(end=st.sampled_from(["complete", "fail", "hand back"]), place=places)
    def report(self, end: str, place: int) -> None:
        if self.claims:
            lease = self.claims.pop(place % len(self.claims)).lease
            match end:
                case "complete":
                    self.store.reports.complete(lease, SUCCESS)
                case "fail":
                    self.store.reports.fail(lease, FAILURE)
                case _:
                    self.store.reports.hand_back(lease, NOTHING)

    @rule(verb=st.sampled_from(["cancel", "delete", "force", "edit"]), place=places)
    def act(self, verb: str, place: int) -> None:
        job = self.chosen(place)
        with suppress(WrongState, JobNotFound):
            match verb:
                case "cancel":
                    self.store.actions.cancel(job)
                case "edit":
                    self.store.actions.edit(job, JobChange(priority=1))
                case _:
                    self.store.actions.delete(job, force=verb == "force")

    @rule(place=places)
    def retry(self, place: int) -> None:
        job = self.chosen(place)
        others = self.others(job)
        try:
            self.store.actions.retry(job)
        except KeyHeld:
            assert others
        except (WrongState, JobNotFound):
            pass
        else:
            assert not others

    @rule(place=places)
    def rerun(self, place: int) -> None:
        job = self.chosen(place)
        with suppress(JobNotFound, KeyHeld):
            there = self.holders(self.store.jobs.get(job).unique)
            self.since[self.store.rerun(job)] = self.clock.time
            assert not there

    @rule()
    def retry_all(self) -> None:
        skipped = self.store.bulk.step(Action.RETRY, Filter(states=(State.DEAD, State.CANCELLED))).skipped
        left = [job for job in self.jobs() if job.state in (State.DEAD, State.CANCELLED)]
        assert len(left) == skipped
        assert all(self.holders(job.unique) for job in left)

    @rule()
    def expire(self) -> None:
        held = {job.id for key in KEYS for job in self.holders(key)}
        self.store.actions.expire(-1)
        assert held <= {job.id for job in self.jobs()}

    @rule(seconds=st.sampled_from([1.0, SECONDS / 2, SECONDS]))
    def wait(self, seconds: float) -> None:
        self.clock.time += seconds

    def chosen(self, place: int) -> str:
        jobs = self.jobs()
        return jobs[place % len(jobs)].id if jobs else "none"

    def others(self, job_id: str) -> list[Job]:
        with suppress(JobNotFound):
            job = self.store.jobs.get(job_id)
            return [other for other in self.holders(job.unique) if other.id != job_id]
        return []

    @invariant()
    def at_most_one_job_holds_a_key(self) -> None:
        for key in KEYS:
            assert len(self.holders(key)) <= 1


def test_at_most_one_job_holds_a_key_whatever_happens(make_backend: MakeBackend, request: Any) -> None:
    class Machine(UniqueMachine):
        def __init__(self) -> None:
            super().__init__(make_backend)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=40 if "sqlite" in request.node.name else 10,  # each takes a new database
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
