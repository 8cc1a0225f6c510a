"""What a queue must hold after any order of verbs, worked out without a database."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from queuectl_core.model.attempt import Lease, Outcome
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.model.state import TRANSITIONS, State, Verb

Change: TypeAlias = tuple[str, State | None, State | None]
"""A job's id, its state before and after; None: it is not there."""


@dataclass
class ModelJob:
    """A job. `due`: now, later, or (None) it runs or has ended; `history`: worker and outcome of each attempt."""

    seq: int
    id: str
    new: NewJob
    due: bool | None
    state: State = State.PENDING
    attempts: int = 0
    cancelling: bool = False
    worker: str | None = None
    history: list[tuple[str, Outcome]] = field(default_factory=list)

    @property
    def lease(self) -> Lease | None:
        """Of the attempt that runs."""
        return Lease(self.seq, len(self.history), self.history[-1][0]) if self.state is State.PROCESSING else None


@dataclass
class Model:
    """Jobs in the order in which they were enqueued, workers by id → whether they drain, and settings by key or queue.

    `expired`: workers whose leases have. `happened`: what charts tell, by queue and measure. `changes`: of which job,
    and from which state to which, since they were last cleared.
    """

    jobs: dict[str, ModelJob] = field(default_factory=dict)
    workers: dict[str, bool] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    happened: Counter[tuple[str, str]] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    config: dict[str, float] = field(
        default_factory=lambda: {"max-retries": 3.0, "backoff-base": 2.0, "backoff-max": 3600.0}
    )
    paused: set[str] = field(default_factory=set)
    limits: dict[str, int] = field(default_factory=dict)
    commands: dict[str, list[str]] = field(default_factory=dict)

    def enqueue(self, new: NewJob, job_id: str, seq: int) -> None:
        """A new job."""
        assert all(seq > job.seq for job in self.jobs.values()), "a seq that was used before"
        self._note(Verb.ENQUEUE, job_id, None, State.PENDING)
        self.jobs[job_id] = ModelJob(seq, job_id, new, due=not new.delay)
        self.happened[new.queue, "enqueued"] += 1

    def takes(self, new: NewJob) -> bool:
        """Whether its queue takes its command; the lists hold no patterns."""
        return new.command in self.commands.get(new.queue, [new.command])

    def rounds(self, queues: Sequence[str]) -> list[dict[str, ModelJob]]:
        """What is to be claimed next, by id: one job of each queue in a round, which begin in any order."""
        due = [job for job in self.jobs.values() if job.due and (not queues or job.new.queue in queues)]
        rounds: dict[tuple[int, int], dict[str, ModelJob]] = defaultdict(dict)
        running = Counter(job.new.queue for job in self.jobs.values() if job.lease)
        begun: Counter[tuple[int, str]] = Counter()
        for job in sorted(due, key=lambda job: (-job.new.priority, job.seq)):
            queue, priority = job.new.queue, job.new.priority
            if queue not in self.paused and running[queue] < self.limits.get(queue, len(self.jobs)):
                running[queue] += 1
                rounds[-priority, begun[priority, queue]][job.id] = job
                begun[priority, queue] += 1
        return [rounds[key] for key in sorted(rounds)]

    def startable(self, queues: Sequence[str]) -> list[ModelJob]:
        """Which jobs may start now, if one does."""
        running = [job.new for job in self.jobs.values() if job.lease]
        in_queue = Counter(new.queue for new in running)
        held = Counter(new.lock.key for new in running if new.lock)
        return [
            job
            for job in self.jobs.values()
            if job.due
            and (not queues or job.new.queue in queues)
            and job.new.queue not in self.paused
            and in_queue[job.new.queue] < self.limits.get(job.new.queue, len(self.jobs))
            and (job.new.lock is None or held[job.new.lock.key] < job.new.lock.limit)
        ]

    def some_locked(self) -> bool:
        """Whether any due job has a lock."""
        return any(job.due and job.new.lock for job in self.jobs.values())

    def claim(self, job: ModelJob, worker: str) -> None:
        """A worker begins to run it."""
        self._move(job, Verb.CLAIM, State.PROCESSING)
        job.attempts += 1
        job.worker = worker
        job.history.append((worker, Outcome.PROCESSING))

    def holder(self, lease: Lease) -> ModelJob | None:
        """The job on which this lease is good."""
        return next((job for job in self.jobs.values() if job.lease == lease), None)

    def complete(self, job: ModelJob) -> None:
        """Its worker reports success."""
        self._move(job, Verb.COMPLETE, State.COMPLETED)
        self._end(job, Outcome.COMPLETED)

    def fail(self, job: ModelJob, outcome: Outcome = Outcome.FAILED) -> None:
        """Its worker reports failure, or is gone."""
        own = job.new.max_retries, job.new.backoff_base
        retries = self.config["max-retries"] if own[0] is None else own[0]
        base = self.config["backoff-base"] if own[1] is None else own[1]
        if job.cancelling:
            self._move(job, Verb.FAIL, State.CANCELLED)
            outcome = Outcome.CANCELLED
        elif job.attempts > retries:
            self._move(job, Verb.FAIL, State.DEAD)
        else:
            self._move(job, Verb.FAIL, State.FAILED, due=min(base, self.config["backoff-max"]) == 0)
        self._end(job, outcome)

    def hand_back(self, job: ModelJob) -> None:
        """Its worker hands it back."""
        if job.cancelling:
            self._move(job, Verb.HAND_BACK, State.CANCELLED)
            self._end(job, Outcome.CANCELLED)
        else:
            self._move(job, Verb.HAND_BACK, State.PENDING, due=True)
            job.attempts -= 1
            self._end(job, Outcome.HANDED_BACK)

    def cancel(self, job: ModelJob) -> None:
        """A user cancels it."""
        if job.state is State.PROCESSING:
            if not job.cancelling:
                self._move(job, Verb.CANCEL, State.PROCESSING)
            job.cancelling = True
        else:
            self._move(job, Verb.CANCEL, State.CANCELLED)
            self.happened[job.new.queue, "cancelled"] += 1

    def retry(self, job: ModelJob) -> None:
        """A user retries it."""
        self.happened[job.new.queue, "retried"] += 1
        self._move(job, Verb.RETRY, State.PENDING, due=True)
        job.attempts, job.worker = 0, None

    def edit(self, job: ModelJob, change: JobChange) -> None:
        """A user edits it."""
        given = change.model_fields_set
        self._move(job, Verb.EDIT, job.state, due=not change.delay if "delay" in given else job.due)
        job.new = changed(job, change)

    def delete(self, job: ModelJob) -> None:
        """A user, or retention, deletes it."""
        self._note(Verb.DELETE, job.id, job.state, None)
        del self.jobs[job.id]

    def chosen(self, chosen: Filter) -> list[ModelJob]:
        """The jobs that a filter selects."""
        return [
            job
            for job in self.jobs.values()
            if (not chosen.states or job.state in chosen.states)
            and (not chosen.queues or job.new.queue in chosen.queues)
            and (not chosen.tags or not {*chosen.tags}.isdisjoint(job.new.tags))
            and (chosen.text is None or chosen.text in f"{job.id} {job.new.command.lower()}")
        ]

    def remove(self, worker: str) -> None:
        """A worker is gone: what it held is lost."""
        for job in self.jobs.values():
            if job.lease and job.worker == worker:
                self.fail(job, Outcome.LOST)
        self.workers.pop(worker, None)
        self.expired.discard(worker)

    def counts(self) -> Counter[tuple[str, str]]:
        """(queue, state) → jobs."""
        return Counter((job.new.queue, job.state.value) for job in self.jobs.values())

    def attempts(self) -> Iterator[tuple[int, int, str, str]]:
        """Every attempt: seq, number, worker, outcome."""
        for job in self.jobs.values():
            for number, (worker, outcome) in enumerate(job.history, 1):
                yield job.seq, number, worker, outcome

    def tags(self) -> set[tuple[int, str]]:
        """Every tag of every job: seq, tag."""
        return {(job.seq, tag) for job in self.jobs.values() for tag in job.new.tags}

    def _move(self, job: ModelJob, verb: Verb, state: State, due: bool | None = None) -> None:
        self._note(verb, job.id, job.state, state)
        job.state, job.due = state, due

    def _note(self, verb: Verb, job_id: str, source: State | None, target: State | None) -> None:
        """Only what is a row of the table can happen."""
        assert (verb, source, target) in TRANSITIONS
        self.changes.append((job_id, source, target))

    def _end(self, job: ModelJob, outcome: Outcome) -> None:
        job.cancelling = False
        if outcome is not Outcome.HANDED_BACK:
            self.happened[job.new.queue, "failed" if outcome is Outcome.LOST else outcome.value] += 1
        if job.state is State.DEAD:
            self.happened[job.new.queue, "dead"] += 1
        job.history[-1] = (job.history[-1][0], outcome)


def changed(job: ModelJob, change: JobChange) -> NewJob:
    """What it would be then."""
    return job.new.model_copy(update={name: getattr(change, name) for name in change.model_fields_set})
