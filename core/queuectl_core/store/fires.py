"""Firing: at each due time of a schedule, a job is enqueued, or the history says why not.

Every API process does it. A process locks the row of the schedule, then writes the fire, its job and the next time of
the schedule in one transaction. So each time fires exactly once, even if processes are killed.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from queuectl_core.model.actor import Actor
from queuectl_core.model.audit import Done
from queuectl_core.model.errors import CommandNotAllowed, InvalidCursor, InvalidSchedule, KeyHeld, ScheduleBusy
from queuectl_core.model.event import EventType
from queuectl_core.model.page import Page
from queuectl_core.model.role import Role
from queuectl_core.model.schedule import CatchUp, Fire, FireOutcome, Overlap, Schedule
from queuectl_core.model.state import State
from queuectl_core.store.audit import Audit
from queuectl_core.store.change_log import ChangeLog
from queuectl_core.store.clock import Clock
from queuectl_core.store.dialect import marks
from queuectl_core.store.enqueue import Enqueue
from queuectl_core.store.job_actions import JobActions
from queuectl_core.store.schedules import COLUMNS, Schedules, planned, schedule_of, times_of
from queuectl_core.store.session import Session
from queuectl_core.store.transitions import FOUND, found

if TYPE_CHECKING:  # a worker needs no cron expressions
    from queuectl_core.model.schedule_times import Times

MOST_AT_ONCE = 100
"""Fires per transaction, which others wait for."""

ON_TIME_SECONDS = 60
"""How late a time still fires without catching up: services take a while to restart."""

SET_BACK_SECONDS = 1.0
"""A clock that is further behind than this was set back."""

MOST_WAITING = 100
"""How many fires of a schedule wait for their turn; further ones are skipped."""

MOST_BACKFILLED = 1000

HISTORY = 1000
"""How many fires of a schedule are kept, and up to TRIM_EACH more."""

TRIM_EACH = 100

FIRE = "scheduled_at, until, outcome, job, detail"

WAITING = "outcome = 'enqueued' AND job IS NULL"
"""SQL: a fire that waits for its turn."""

ACTIVE = "schedule = ? AND finished_at IS NULL"
"""SQL: a job of the schedule that has not ended."""

RELEASABLE = (
    f"SELECT DISTINCT schedule FROM fire WHERE {WAITING} AND NOT EXISTS"
    " (SELECT 1 FROM job WHERE job.schedule = fire.schedule AND finished_at IS NULL) LIMIT ?"
)

SYSTEM = Actor("queuectl", Role.ADMIN, "localhost")
"""Who pauses a schedule whose jobs die."""


class Fires:
    """Each verb is one short transaction."""

    def __init__(
        self,
        session: Session,
        change_log: ChangeLog,
        clock: Clock,
        schedules: Schedules,
        enqueue: Enqueue,
        actions: JobActions,
        audit: Audit,
    ) -> None:
        self._session = session
        self._change_log = change_log
        self._clock = clock
        self._schedules = schedules
        self._enqueue = enqueue
        self._actions = actions
        self._audit = audit
        self._counted: Counter[str] = Counter()

    # Firing what is due

    def wait(self) -> float:
        """Seconds until `fire` has something to do, if nothing changes meanwhile; takes no lock."""
        if self._session.rows(RELEASABLE, (1,)):
            return 0.0
        next_at = self._session.value("SELECT min(next_at) FROM schedule WHERE next_at IS NOT NULL")
        if next_at is None:
            return math.inf
        now = self._clock.now()
        return 0.0 if self._stale(now, 1) else max(0.0, next_at - now)

    def fire(self) -> None:
        """Fire what is due, in a bounded step: call it again until `wait` is positive."""
        with self._counting():
            now = self._clock.now()
            for schedule in self._stale(now, MOST_AT_ONCE, self._session.dialect.lock_rows):
                self._plan_again(schedule, now)
            left = MOST_AT_ONCE
            for schedule in self._due(now):
                if left > 0:
                    left -= self._fire_due(schedule, now, left)
            for (name,) in self._session.rows(RELEASABLE, (max(1, left),)):
                self._release(name)
            self._change_log.tell(EventType.SCHEDULE, "", "fired")

    def _stale(self, now: float, limit: int, lock: str = "") -> list[Schedule]:
        """Schedules that were planned by a clock that was set back since, or are to be planned again."""
        rows = self._session.rows(
            f"SELECT {COLUMNS} FROM schedule WHERE next_at IS NOT NULL AND planned_at > ?"
            f" ORDER BY planned_at LIMIT ? {lock}",
            (now + SET_BACK_SECONDS, limit),
        )
        return [schedule_of(row) for row in rows]

    def _due(self, now: float) -> list[Schedule]:
        rows = self._session.rows(
            f"SELECT {COLUMNS} FROM schedule WHERE next_at <= ? ORDER BY next_at LIMIT ?"
            f" {self._session.dialect.lock_rows}",
            (now, MOST_AT_ONCE),
        )
        return [schedule_of(row) for row in rows]

    def _fire_due(self, schedule: Schedule, now: float, most: int) -> int:
        """Fire up to `most` times that are due; returns how many. Those that are too late are missed."""
        if self._keeps_dying(schedule):
            self._pause(schedule, f"its last {schedule.pause_after} jobs died")
            return 1
        try:
            times = times_of(schedule)
        except ValueError as fault:
            self._pause(schedule, str(fault))
            return 1
        assert schedule.next_nominal is not None
        first = schedule.next_nominal
        last = _last_due(times, first, now)
        begin = _first_in_time(schedule, times, first, last, now)
        if begin is None:
            self._miss(schedule, times, first, last)
            self._plan(schedule, last, now, times)
            return 1
        if begin > first:
            self._miss(schedule, times, first, times.latest(first - 1, begin - 1) or first)
        done, time = 0, begin
        while True:
            self._fire_one(schedule, time)
            done, following = done + 1, times.after(time)
            if following is None or following > last or done == most:
                self._plan(schedule, time, now, times)
                return done
            time = following

    def _keeps_dying(self, schedule: Schedule) -> bool:
        if schedule.pause_after is None:
            return False
        rows = self._session.rows(
            "SELECT state FROM fire JOIN job ON job.id = fire.job WHERE fire.schedule = ? AND fire.scheduled_at > ?"
            " AND state IN ('completed', 'dead') ORDER BY fire.scheduled_at DESC LIMIT ?",
            (schedule.name, schedule.since, schedule.pause_after),
        )
        return len(rows) == schedule.pause_after and all(state == State.DEAD for (state,) in rows)

    def _pause(self, schedule: Schedule, reason: str) -> None:
        self._schedules.set_paused(schedule.name, True, reason)
        self._audit.record(SYSTEM, Done.SCHEDULE_PAUSE, schedule.name, reason)

    def _miss(self, schedule: Schedule, times: "Times", first: float, last: float) -> None:
        """One row for all of them, as there may be millions."""
        begin: float | None = first
        while begin is not None and begin <= last:
            until = None if begin == last else last
            if self._insert(schedule.name, begin, FireOutcome.MISSED, until=until):
                return
            begin = times.after(begin)  # the clock was set back: that one has fired

    def _plan_again(self, schedule: Schedule, now: float) -> None:
        try:
            self._plan(schedule, now, now, times_of(schedule))
        except ValueError as fault:
            self._pause(schedule, str(fault))

    def _plan(self, schedule: Schedule, after: float, now: float, times: "Times") -> None:
        """Note its next time after `after`."""
        new = planned(schedule, after, times)
        self._session.execute(
            "UPDATE schedule SET next_nominal = ?, next_at = ?, planned_at = ? WHERE name = ?",
            (new.next_nominal, new.next_at, now, schedule.name),
        )

    # One fire

    def _fire_one(self, schedule: Schedule, at: float, *, force: bool = False) -> None:
        """Fire for that time, unless it has fired already: then the clock was set back."""
        if self._row(schedule.name, at) is None:
            outcome, job, detail = self._outcome(schedule, at, force=force)
            self._insert(schedule.name, at, outcome, job=job, detail=detail)

    def _outcome(self, schedule: Schedule, at: float, *, force: bool) -> tuple[FireOutcome, str | None, str | None]:
        """Apply the overlap rule: the outcome, the id of the job that was enqueued, and the reason."""
        if force or schedule.overlap is Overlap.ALLOW:
            return self._enqueued(schedule, at)
        active, waiting = self._active(schedule.name), self._waiting(schedule.name)
        if active is None and not waiting:
            return self._enqueued(schedule, at)
        match schedule.overlap:
            case Overlap.QUEUE if waiting < MOST_WAITING:
                return FireOutcome.ENQUEUED, None, None
            case Overlap.QUEUE:
                return FireOutcome.SKIPPED, None, f"{waiting} others wait for their turn"
            case Overlap.REPLACE:
                return self._replacing(schedule, at)
        return FireOutcome.SKIPPED, None, f"job {active} has not ended" if active else "another one waits for its turn"

    def _enqueued(self, schedule: Schedule, at: float) -> tuple[FireOutcome, str | None, str | None]:
        from pydantic import ValidationError

        from queuectl_core.model.new_job import NewJob

        try:
            enqueued = self._enqueue.enqueue(NewJob.model_validate(schedule.job), schedule=(schedule.name, at))
        except (CommandNotAllowed, KeyHeld, ValidationError) as refusal:  # an older version may have taken more
            return FireOutcome.REFUSED, None, str(refusal)
        job = enqueued.job
        if enqueued.replaced:
            return FireOutcome.ENQUEUED, job.id, "replaced the settings of a job that waited"
        if enqueued.existing:
            return FireOutcome.REFUSED, None, str(KeyHeld(str(job.unique), job.id))
        return FireOutcome.ENQUEUED, job.id, None

    def _replacing(self, schedule: Schedule, at: float) -> tuple[FireOutcome, str | None, str | None]:
        """Cancel what has not ended. What runs has to die first: until then the new one waits."""
        rows = self._session.rows(
            f"SELECT {FOUND} FROM job WHERE {ACTIVE} ORDER BY seq {self._session.dialect.lock_rows}", (schedule.name,)
        )
        jobs = [job for job in map(found, rows) if not job.cancelling]
        self._actions.cancel_found(jobs)
        self._session.execute(
            f"UPDATE fire SET outcome = 'skipped', detail = 'replaced by a later one' WHERE schedule = ? AND {WAITING}",
            (schedule.name,),
        )
        if self._active(schedule.name) is not None:
            return FireOutcome.ENQUEUED, None, None
        return self._enqueued(schedule, at)

    def _active(self, name: str) -> str | None:
        """A job of the schedule that has not ended. One that waits for a retry has not."""
        job: str | None = self._session.value(f"SELECT id FROM job WHERE {ACTIVE} LIMIT 1", (name,))
        return job

    def _waiting(self, name: str) -> int:
        number: int = self._session.value(f"SELECT count(*) FROM fire WHERE schedule = ? AND {WAITING}", (name,))
        return number

    def _release(self, name: str) -> None:
        """Enqueue the job of the first fire that waits, as nothing of the schedule is active."""
        schedule = self._schedules.locked(name)
        at = self._session.value(f"SELECT min(scheduled_at) FROM fire WHERE schedule = ? AND {WAITING}", (name,))
        if at is None or self._active(name) is not None:
            return  # another process was faster
        outcome, job, detail = self._enqueued(schedule, at)
        self._session.execute(
            "UPDATE fire SET outcome = ?, job = ?, detail = ? WHERE schedule = ? AND scheduled_at = ?",
            (outcome, job, detail, name, at),
        )

    # By hand

    def run(self, name: str, *, force: bool = False) -> Fire:
        """Fire once more, for now; paused or not. Raises ScheduleNotFound, ScheduleBusy, CommandNotAllowed.

        `force`: whatever the overlap rule says.
        """
        with self._counting():
            schedule = self._schedules.locked(name)
            self._schedules.check_allowed(schedule)
            active = self._active(name)
            if active is not None and schedule.overlap is Overlap.SKIP and not force:
                raise ScheduleBusy(name, active)
            at = round(self._clock.now(), 3)
            while self._row(name, at) is not None:
                at = round(at + 0.001, 3)
            self._fire_one(schedule, at, force=force)
            self._change_log.tell(EventType.SCHEDULE, name, "fired")
            fire = self._row(name, at)
        assert fire is not None
        return fire

    def backfill(self, name: str, begin: float, end: float) -> int:
        """Fire all times in [begin, end) for which nothing was enqueued; returns how many.

        They run one after another, unless jobs of the schedule may overlap. Raises ScheduleNotFound, InvalidSchedule,
        CommandNotAllowed.
        """
        with self._counting():
            schedule = self._schedules.locked(name)
            self._schedules.check_allowed(schedule)
            if end <= begin:
                raise InvalidSchedule("until", None, "must be later than from")
            if end > self._clock.now():
                raise InvalidSchedule("until", None, "must not be in the future: those times fire by themselves")
            done = sum(self._fill(schedule, at) for at in _between(times_of(schedule), begin, end))
            self._change_log.tell(EventType.SCHEDULE, name, "fired")
        return done

    def _fill(self, schedule: Schedule, at: float) -> bool:
        old = self._row(schedule.name, at)
        if old is not None:
            if old.outcome is FireOutcome.ENQUEUED:
                return False
            self._session.execute("DELETE FROM fire WHERE schedule = ? AND scheduled_at = ?", (schedule.name, at))
            following = times_of(schedule).after(at) if old.until is not None else None
            if following is not None and old.until is not None and following <= old.until:
                self._miss(schedule, times_of(schedule), following, old.until)
        if schedule.overlap is not Overlap.ALLOW:
            return self._insert(schedule.name, at, FireOutcome.ENQUEUED)
        outcome, job, detail = self._enqueued(schedule, at)
        return self._insert(schedule.name, at, outcome, job=job, detail=detail) and job is not None

    # Rows

    def _row(self, name: str, at: float) -> Fire | None:
        row = self._session.row(f"SELECT {FIRE} FROM fire WHERE schedule = ? AND scheduled_at = ?", (name, at))
        return _fire(row) if row else None

    def _insert(
        self,
        name: str,
        at: float,
        outcome: FireOutcome,
        *,
        until: float | None = None,
        job: str | None = None,
        detail: str | None = None,
    ) -> bool:
        """Whether there was no row for that time yet."""
        inserted = self._session.execute(
            f"INSERT INTO fire (schedule, {FIRE}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (name, at, until, outcome, job, detail),
        )
        if inserted:
            self._counted[outcome] += 1
            fires = self._session.value("UPDATE schedule SET fires = fires + 1 WHERE name = ? RETURNING fires", (name,))
            if fires % TRIM_EACH == 0:
                self._trim(name)
        return bool(inserted)

    def _trim(self, name: str) -> None:
        """Forget the oldest fires. Their times do not fire again if the clock is set back to before them."""
        oldest = self._session.value(
            "SELECT scheduled_at FROM fire WHERE schedule = ? ORDER BY scheduled_at DESC LIMIT 1 OFFSET ?",
            (name, HISTORY),
        )
        if oldest is not None:
            self._session.execute(
                f"DELETE FROM fire WHERE schedule = ? AND scheduled_at <= ? AND NOT ({WAITING})", (name, oldest)
            )
            self._session.execute("UPDATE schedule SET since = ? WHERE name = ? AND since < ?", (oldest, name, oldest))

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """A transaction; at its end, the outcomes in it are counted."""
        with self._session.transaction():
            self._counted.clear()
            yield
            self._write_counts()

    def _write_counts(self) -> None:
        for outcome, number in sorted(self._counted.items()):  # in the same order as others, who wait for the rows
            self._session.execute(
                "INSERT INTO fire_counter (outcome, number) VALUES (?, ?)"
                " ON CONFLICT (outcome) DO UPDATE SET number = fire_counter.number + excluded.number",
                (outcome, number),
            )

    # Reading

    def page(self, name: str, *, limit: int, cursor: str | None = None) -> Page[Fire]:
        """The fires of a schedule after the cursor, newest first. Raises ScheduleNotFound, InvalidCursor."""
        self._schedules.get(name)
        rows = self._session.rows(
            f"SELECT {FIRE} FROM fire WHERE schedule = ? AND scheduled_at < ? ORDER BY scheduled_at DESC LIMIT ?",
            (name, _before(cursor), limit + 1),
        )
        fires = [_fire(row) for row in rows[:limit]]
        return Page(fires, repr(fires[-1].scheduled_at) if len(rows) > limit else None)

    def latest(self, names: Sequence[str]) -> dict[str, Fire]:
        """The latest fire of each of these schedules that has one."""
        rows = self._session.rows(
            f"SELECT fire.schedule, {', '.join(f'fire.{column}' for column in FIRE.split(', '))} FROM schedule"
            " JOIN fire ON fire.schedule = schedule.name AND fire.scheduled_at ="
            " (SELECT max(scheduled_at) FROM fire WHERE fire.schedule = schedule.name)"
            f" WHERE schedule.name IN ({marks(len(names))})",
            names,
        )
        return {name: _fire(tuple(row)) for name, *row in rows}

    def counters(self) -> dict[str, int]:
        """How often each outcome happened since the queue exists; never decreases."""
        return dict.fromkeys(map(str, FireOutcome), 0) | dict(
            self._session.rows("SELECT outcome, number FROM fire_counter")
        )


def _last_due(times: "Times", first: float, now: float) -> float:
    """The last time that is due, if `first` is."""
    following = times.after(first)
    if following is None or times.fires_at(following) > now:
        return first
    last = times.latest(first - 1, now) or first
    return last if times.fires_at(last) <= now else times.latest(first - 1, last - 1) or first


def _first_in_time(schedule: Schedule, times: "Times", first: float, last: float, now: float) -> float | None:
    """The first due time that fires, and all later ones with it; earlier ones are missed. None: all are."""
    oldest = now - schedule.catch_up_window
    match schedule.catch_up:
        case CatchUp.NONE:
            return last if times.fires_at(last) >= now - ON_TIME_SECONDS else None
        case CatchUp.LATEST:
            return last if last >= oldest else None
    begin = first if first >= oldest else times.after(oldest)
    return begin if begin is not None and begin <= last else None


def _between(times: "Times", begin: float, end: float) -> list[float]:
    found = list[float]()
    time: float | None = times.after(math.ceil(begin) - 1)
    while time is not None and time < end:
        if len(found) == MOST_BACKFILLED:
            raise InvalidSchedule(
                "until", None, f"more than {MOST_BACKFILLED} times lie in between: choose an earlier until"
            )
        found.append(time)
        time = times.after(time)
    return found


def _before(cursor: str | None) -> float:
    if cursor is None:
        return math.inf
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", cursor):
        raise InvalidCursor(cursor)
    return float(cursor)


def _fire(row: tuple[Any, ...]) -> Fire:
    scheduled_at, until, outcome, job, detail = row
    return Fire(scheduled_at, until, FireOutcome(outcome), job, detail)
