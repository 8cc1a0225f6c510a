"""The store: all operations of the queue, on one connection."""

from typing import TYPE_CHECKING, Self

from queuectl_core.store.answers import Answers
from queuectl_core.store.audit import Audit
from queuectl_core.store.batch import Batch
from queuectl_core.store.batch_ids import new_first_id
from queuectl_core.store.bulk import Bulk
from queuectl_core.store.config import Config
from queuectl_core.store.dlq import DeadLetterQueue
from queuectl_core.store.driver import Driver
from queuectl_core.store.enqueue import Enqueue, Enqueued
from queuectl_core.store.fires import Fires
from queuectl_core.store.job_actions import JobActions
from queuectl_core.store.jobs import Jobs
from queuectl_core.store.locks import Locks
from queuectl_core.store.notifier import Listener
from queuectl_core.store.queues import Queues
from queuectl_core.store.reports import Reports
from queuectl_core.store.schedules import Schedules
from queuectl_core.store.series import Series
from queuectl_core.store.tokens import Tokens
from queuectl_core.store.transitions import Transitions
from queuectl_core.store.waiting import WaitingFor
from queuectl_core.store.workers import Workers

if TYPE_CHECKING:  # a worker enqueues nothing, and does not need pydantic
    from queuectl_core.model.new_job import NewJob


class Store:
    """Used by one thread at a time; see `Session` for the errors that all methods may raise.

    Operations inside `with store.transaction()` share one commit.
    """

    def __init__(self, driver: Driver) -> None:
        session = driver.session
        self._driver = driver
        self.transaction = session.transaction
        self.check = session.check
        self.feed = driver.feed
        self.counters = driver.counters
        self.space = driver.space
        self.usages = driver.usages
        self.series = Series(session)
        self.config = Config(session, driver.change_log)
        self._transitions = Transitions(session, driver.observers)
        self._enqueue = Enqueue(session, self._transitions, driver.clock, self.config)
        self.jobs = Jobs(session, self.config)
        self.actions = JobActions(session, self._transitions, driver.clock)
        self.audit = Audit(session)
        self.schedules = Schedules(session, driver.change_log, driver.clock)
        self.fires = Fires(
            session, driver.change_log, driver.clock, self.schedules, self._enqueue, self.actions, self.audit
        )
        self.bulk = Bulk(session, self.actions)
        self.dlq = DeadLetterQueue(session)
        self.queues = Queues(session, driver.change_log)
        self.locks = Locks(session)
        self.claims = driver.claims(self._transitions, self.config)
        self.reports = Reports(session, self._transitions, driver.clock, self.config)
        self.workers = Workers(
            session, driver.change_log, self.reports, driver.presence, driver.host_locks, driver.usages
        )
        self.waiting_for = WaitingFor(session, self.queues, self.locks, self.workers)
        self.snapshot = driver.snapshot(self.reports, self.workers)
        self.tokens = Tokens(session)
        self.answers = Answers(session)

    def enqueue(self, job: "NewJob") -> str:
        """`enqueued`; returns the id."""
        return self.enqueued(job).job.id

    def enqueued(self, job: "NewJob", *, optional_cwd: bool = False) -> Enqueued:
        """See Enqueue."""
        return self._enqueue.enqueue(job, optional_cwd=optional_cwd)

    def rerun(self, job_id: str) -> str:
        """See Enqueue."""
        return self._enqueue.rerun(job_id)

    def batch(self, first_id: str | None = None) -> Batch:
        """Start a batch of jobs, all or nothing; only one per store.

        Generated ids count up from `first_id`: with the same one, the same jobs get the same ids.
        """
        return self._driver.batch(self._transitions, first_id or new_first_id())

    def listen(self, *, everything: bool = False) -> Listener:
        """Listen for commits that may give workers something to do; `everything`: for all commits."""
        return self._driver.listener(everything=everything)

    def close(self) -> None:
        """Close the database; the next use reopens it."""
        self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
