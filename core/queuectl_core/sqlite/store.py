"""The store: a connection, and the verbs that work on it."""

from pathlib import Path
from typing import Self

from queuectl_core.sqlite.audit import Audit
from queuectl_core.sqlite.batch import Batch
from queuectl_core.sqlite.bell import Listener
from queuectl_core.sqlite.bulk import Bulk
from queuectl_core.sqlite.config import Config
from queuectl_core.sqlite.contents import Contents
from queuectl_core.sqlite.database import BUSY_SECONDS, Database
from queuectl_core.sqlite.dlq import DeadLetters
from queuectl_core.sqlite.jobs import Jobs
from queuectl_core.sqlite.journal import Journal
from queuectl_core.sqlite.leases import Leases
from queuectl_core.sqlite.queue import Queue
from queuectl_core.sqlite.queues import Queues
from queuectl_core.sqlite.series import Series
from queuectl_core.sqlite.tokens import Tokens
from queuectl_core.sqlite.workers import Workers


class Store:
    """Everything that can be done with the queue's database, by one thread at a time; see Database for its faults.

    Verbs called inside `with store.transaction()` share one commit.
    """

    def __init__(self, path: Path, *, durable: bool, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._db = Database(path, durable=durable, busy_seconds=busy_seconds)
        self.transaction = self._db.transaction
        self.check = self._db.check
        self.series = Series(self._db)
        self.events = Journal(self._db, self.series)
        self.config = Config(self._db, self.events)
        self.jobs = Jobs(self._db, self.config)
        self.dead = DeadLetters(self._db)
        self.queue = Queue(self._db, self.events, self.config)
        self.queues = Queues(self._db, self.events)
        self.bulk = Bulk(self._db, self.queue)
        self.leases = Leases(self._db, self.events, self.config)
        self.workers = Workers(self._db, self.events, self.leases)
        self.tokens = Tokens(self._db)
        self.audit = Audit(self._db)
        self.contents = Contents(self._db, self.events, self.leases, self.workers)

    def batch(self) -> Batch:
        """Begin to enqueue many jobs, all or none; one batch in the life of a store."""
        return Batch(self._db, self.events)

    def listen(self) -> Listener:
        """Hear of every commit that may bring a worker something to do, whichever process made it."""
        return Listener(self._db.path, everything=False)

    def close(self) -> None:
        """Close the database."""
        self.workers.close()
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
