"""Settings and figures of queues."""

import json
import time

from queuectl_core.model.errors import QueueNotEmpty, QueueNotFound
from queuectl_core.model.event import EventType
from queuectl_core.model.queue import Queue
from queuectl_core.model.state import State
from queuectl_core.store.change_log import ChangeLog
from queuectl_core.store.dialect import marks
from queuectl_core.store.session import Session


class Queues:
    """Settings take effect on the next claim of each worker; running jobs are not affected."""

    def __init__(self, session: Session, change_log: ChangeLog) -> None:
        self._session = session
        self._change_log = change_log

    def set_paused(self, name: str, paused: bool) -> None:
        """Pause or resume a queue."""
        self._set(name, "paused", paused)

    def set_limit(self, name: str, limit: int | None) -> None:
        """Set the concurrency limit of a queue, over all workers; None: no limit."""
        self._set(name, "job_limit", limit)

    def set_commands(self, name: str, commands: list[str] | None) -> None:
        """Set the allow-list of a queue, see `allowed`; None: that of `default-commands`.

        Jobs that are already waiting are not affected.
        """
        self._set(name, "commands", None if commands is None else json.dumps(commands))

    def _set(self, name: str, column: str, value: bool | int | str | None) -> None:
        with self._session.transaction():
            # One statement: otherwise another transaction may delete the row in between.
            settings = {"name": name, "paused": False, column: value}
            self._session.execute(
                f"INSERT INTO queue ({', '.join(settings)}) VALUES ({marks(len(settings))})"
                f" ON CONFLICT (name) DO UPDATE SET {column} = excluded.{column}",
                [*settings.values()],
            )
            self._session.execute(
                "DELETE FROM queue WHERE name = ? AND paused = 0 AND job_limit IS NULL AND commands IS NULL", (name,)
            )
            self._change_log.tell(EventType.QUEUE, name, "changed")

    def delete(self, name: str) -> None:
        """Delete an empty queue with its settings and counters. Raises QueueNotFound, QueueNotEmpty.

        The charts keep its history. Enqueueing a job creates it again.
        """
        with self._session.transaction():
            if not self.known(name):
                raise QueueNotFound(name)
            jobs = self._jobs(name)
            if any(jobs.values()):
                raise QueueNotEmpty(name, jobs)
            self._session.execute("DELETE FROM queue WHERE name = ?", (name,))
            self._change_log.forget(name)
            self._change_log.tell(EventType.QUEUE, name, "deleted")

    def known(self, name: str) -> bool:
        """Whether the queue ever held a job, or has settings."""
        self._change_log.flush()
        return bool(
            self._session.value(
                "SELECT EXISTS (SELECT 1 FROM tally WHERE queue = ?) OR EXISTS (SELECT 1 FROM queue WHERE name = ?)",
                (name, name),
            )
        )

    def settings(self, name: str) -> tuple[bool, int | None, list[str] | None]:
        """The settings of a queue: paused, limit, commands."""
        row = self._session.row("SELECT paused, job_limit, commands FROM queue WHERE name = ?", (name,))
        paused, limit, commands = row or (False, None, None)
        return bool(paused), limit, json.loads(commands) if commands else None

    def all(self) -> list[Queue]:
        """All queues that ever held a job or have settings, by name."""
        names = self._session.rows("SELECT queue FROM tally UNION SELECT name FROM queue ORDER BY 1")
        return [self.get(name) for (name,) in names]

    def get(self, name: str) -> Queue:
        """One queue; every valid name is a queue."""
        now = time.time()
        paused, limit, commands = self.settings(name)
        jobs = self._jobs(name)
        oldest, since = self._oldest(name, now)
        return Queue(
            name=name,
            paused=paused,
            limit=limit,
            commands=commands,
            jobs=jobs,
            ready=max(0, jobs[State.PENDING] + jobs[State.FAILED] - self._not_yet_due(name, now)),
            slots=self._slots(name),
            oldest=oldest,
            latency=now - since,
        )

    def _jobs(self, name: str) -> dict[State, int]:
        counts = self._session.rows("SELECT state, sum(jobs) FROM tally WHERE queue = ? GROUP BY state", (name,))
        return dict.fromkeys(State, 0) | {State(state): number for state, number in counts}

    def _not_yet_due(self, name: str, now: float) -> int:
        """Delayed jobs, counted in the index: there are usually fewer of them than due jobs."""
        count: int = self._session.value(
            "SELECT count(*) FROM job"
            f" {self._session.dialect.by('job_due')} WHERE queue = ? AND due = 0 AND next_run_at > ?",
            (name, now),
        )
        return count

    def _oldest(self, name: str, now: float) -> tuple[str | None, float]:
        """The job that has been due longest, and since when, even if no claim has promoted it yet."""
        heads = [
            self._session.row(
                f"SELECT id, next_run_at FROM job {self._session.dialect.by('job_due')} WHERE queue = ? AND due = ?"
                " ORDER BY next_run_at LIMIT 1",
                (name, due),
            )
            for due in (0, 1)
        ]
        waiting = [(head[0], head[1]) for head in heads if head and head[1] <= now]
        return min(waiting, key=lambda head: head[1], default=(None, now))

    def _slots(self, name: str) -> int:
        """The total slots of the workers that serve the queue."""
        workers = self._session.rows("SELECT slots, queues FROM worker WHERE draining = 0")
        return sum(slots for slots, queues in workers if queues == "[]" or name in json.loads(queues))
