"""Queues: what people set for them, and how they are doing."""

import json
import time

from queuectl_core.event import Kind
from queuectl_core.queue import Queue
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.journal import Journal
from queuectl_core.state import State


class Queues:
    """What is set counts for all workers, from their next claim on; what runs already runs on."""

    def __init__(self, db: Database, journal: Journal) -> None:
        self._db = db
        self._journal = journal

    def set_paused(self, name: str, paused: bool) -> None:
        """Have no more jobs of this queue begin, or have them begin again."""
        self._set(name, "paused", paused)

    def set_limit(self, name: str, limit: int | None) -> None:
        """Have at most `limit` jobs of this queue run at once, whichever workers run them; None: any number."""
        self._set(name, "job_limit", limit)

    def set_commands(self, name: str, commands: list[str] | None) -> None:
        """Have only these commands come in from now on, see `allowed`; None: those of `default-commands`.

        What waits already runs.
        """
        self._set(name, "commands", None if commands is None else json.dumps(commands))

    def _set(self, name: str, column: str, value: int | str | None) -> None:
        with self._db.transaction():
            self._db.execute("INSERT INTO queue (name, paused) VALUES (?, 0) ON CONFLICT DO NOTHING", (name,))
            self._db.execute(f"UPDATE queue SET {column} = ? WHERE name = ?", (value, name))
            self._db.execute("DELETE FROM queue WHERE NOT paused AND job_limit IS NULL AND commands IS NULL")
            self._journal.tell(Kind.QUEUE, name, "changed")

    def settings(self, name: str) -> tuple[bool, int | None, list[str] | None]:
        """What is set for it: paused, limit, commands."""
        row = self._db.row("SELECT paused, job_limit, commands FROM queue WHERE name = ?", (name,))
        paused, limit, commands = row or (False, None, None)
        return bool(paused), limit, json.loads(commands) if commands else None

    def all(self) -> list[Queue]:
        """Those that ever held a job, and those for which something is set; by name."""
        names = self._db.rows("SELECT queue FROM tally UNION SELECT name FROM queue ORDER BY 1")
        return [self.get(name) for (name,) in names]

    def get(self, name: str) -> Queue:
        """One queue; any name is that of a queue."""
        now = time.time()
        paused, limit, commands = self.settings(name)
        counts = self._db.rows("SELECT state, jobs FROM tally WHERE queue = ?", (name,))
        jobs = dict.fromkeys(State, 0) | {State(state): number for state, number in counts}
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

    def _not_yet_due(self, name: str, now: float) -> int:
        """Counted, as mostly they are fewer than those that are due."""
        count: int = self._db.value(
            "SELECT count(*) FROM job INDEXED BY job_due WHERE queue = ? AND due = 0 AND next_run_at > ?", (name, now)
        )
        return count

    def _oldest(self, name: str, now: float) -> tuple[str | None, float]:
        """The job that has been due for longest, and since when; what nobody has promoted yet counts too."""
        heads = [
            self._db.row(
                "SELECT id, next_run_at FROM job INDEXED BY job_due WHERE queue = ? AND due = ?"
                " ORDER BY next_run_at LIMIT 1",
                (name, due),
            )
            for due in (0, 1)
        ]
        waiting = [(head[0], head[1]) for head in heads if head and head[1] <= now]
        return min(waiting, key=lambda head: head[1], default=(None, now))

    def _slots(self, name: str) -> int:
        """Of the workers that take from it."""
        slots: int = self._db.value(
            "SELECT coalesce(sum(slots), 0) FROM worker WHERE NOT draining"
            " AND (queues = '[]' OR ? IN (SELECT value FROM json_each(queues)))",
            (name,),
        )
        return slots
