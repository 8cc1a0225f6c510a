"""Schedules: create, read, change, pause, delete, and when each fires next. `fires` does the firing."""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from queuectl_core.model.errors import InvalidSchedule, ScheduleExists, ScheduleNotFound
from queuectl_core.model.event import EventType
from queuectl_core.model.page import Page
from queuectl_core.model.schedule import CatchUp, Overlap, Schedule
from queuectl_core.store.allowed import AllowedCommands
from queuectl_core.store.change_log import ChangeLog
from queuectl_core.store.clock import Clock
from queuectl_core.store.dialect import marks
from queuectl_core.store.session import Session

if TYPE_CHECKING:  # a worker needs neither pydantic nor cron expressions
    from queuectl_core.model.new_schedule import NewSchedule, ScheduleChange
    from queuectl_core.model.schedule_times import Times

COLUMNS = ", ".join(field.name for field in fields(Schedule))

TIMING = ("cron", "every", "timezone", "jitter", "starts_at", "ends_at")
"""What decides when a schedule fires."""

NEVER_PLANNED = 1e12
"""For `planned_at`: plan again."""


class Schedules:
    """Each verb is one short transaction."""

    def __init__(self, session: Session, change_log: ChangeLog, clock: Clock) -> None:
        self._session = session
        self._change_log = change_log
        self._clock = clock
        self._allowed = AllowedCommands(session)

    # Changing

    def create(self, new: "NewSchedule") -> Schedule:
        """Create a schedule; returns it. Raises ScheduleExists, InvalidSchedule, CommandNotAllowed."""
        with self._session.transaction():
            now = self._clock.now()
            schedule = self._begun(_unplanned(new, now), now)
            row = _row(schedule) | {"planned_at": now}
            created = self._session.execute(
                f"INSERT INTO schedule ({', '.join(row)}) VALUES ({marks(len(row))}) ON CONFLICT (name) DO NOTHING",
                [*row.values()],
            )
            if not created:
                raise ScheduleExists(schedule.name)
            self._change_log.tell(EventType.SCHEDULE, schedule.name, "changed")
        return schedule

    def change(self, name: str, change: "ScheduleChange") -> Schedule:
        """Change the given fields; returns the schedule. Raises as `create`, and ScheduleNotFound.

        A change of when it fires applies from now on: earlier times that have not fired yet do not.
        """
        with self._session.transaction():
            old, given = self.locked(name), change.values()
            given["job"] = {**old.job, **given.get("job", {})}
            new = replace(old, **given)
            if new == old:
                return old
            now = self._clock.now()
            new = replace(new, updated_at=now)
            if any(getattr(new, column) != getattr(old, column) for column in TIMING):
                new = self._begun(new, now)
            else:
                self._check(new)
            self._write(new, now)
        return new

    def set_paused(self, name: str, paused: bool, reason: str | None = None) -> Schedule:
        """Pause or resume a schedule; returns it. Raises ScheduleNotFound.

        Times in between do not fire. Those that have fired and wait for their turn still run.
        """
        with self._session.transaction():
            old = self.locked(name)
            if old.paused == paused:
                return old
            now = self._clock.now()
            new = replace(old, paused=paused, pause_reason=reason, updated_at=now, next_nominal=None, next_at=None)
            if not paused:
                new = planned(replace(new, since=now), now)
            self._write(new, now)
        return new

    def delete(self, name: str) -> None:
        """Delete a schedule and its history; its jobs stay. Raises ScheduleNotFound."""
        with self._session.transaction():
            self.locked(name)
            self._session.execute("DELETE FROM schedule WHERE name = ?", (name,))
            self._change_log.tell(EventType.SCHEDULE, name, "deleted")

    def _begun(self, schedule: Schedule, now: float) -> Schedule:
        """Checked, with its times counted from `now` on."""
        self._check(schedule)
        anchor = math.floor(now) if schedule.starts_at is None else math.ceil(schedule.starts_at)
        schedule = planned(replace(schedule, since=now, anchor=anchor), now)
        if schedule.next_nominal is None:
            field = "cron" if schedule.ends_at is None else "until"
            raise InvalidSchedule(field, None, "no time is to come: choose another cron expression or a later until")
        return replace(schedule, next_nominal=None, next_at=None) if schedule.paused else schedule

    def _check(self, schedule: Schedule) -> None:
        from queuectl_core.model.new_schedule import check

        check(schedule)
        self.check_allowed(schedule)

    def check_allowed(self, schedule: Schedule) -> None:
        """Check that its queue accepts its jobs; raises CommandNotAllowed."""
        job = schedule.job
        surrounded = bool(job.get("env")) or job.get("cwd") is not None
        self._allowed.check_new(job.get("queue") or "default", job["command"], surrounded=surrounded)

    def _write(self, schedule: Schedule, now: float) -> None:
        row = _row(schedule) | {"planned_at": now}
        self._session.execute(
            f"UPDATE schedule SET {', '.join(f'{column} = ?' for column in row)} WHERE name = ?",
            [*row.values(), schedule.name],
        )
        self._change_log.tell(EventType.SCHEDULE, schedule.name, "changed")

    # Reading

    def get(self, name: str) -> Schedule:
        """One schedule; raises ScheduleNotFound."""
        return self._get(name, "")

    def locked(self, name: str) -> Schedule:
        """The same, for a change in this transaction: nobody else changes or fires it until its end."""
        return self._get(name, self._session.dialect.lock_rows)

    def page(self, *, limit: int, cursor: str | None = None) -> Page[Schedule]:
        """Schedules by name, after the cursor, which is a name."""
        rows = self._session.rows(
            f"SELECT {COLUMNS} FROM schedule WHERE name > ? ORDER BY name LIMIT ?", (cursor or "", limit + 1)
        )
        schedules = [schedule_of(row) for row in rows[:limit]]
        return Page(schedules, schedules[-1].name if len(rows) > limit else None)

    def next(self, name: str, number: int) -> list[tuple[float, float]]:
        """The next times, and when each fires, which the jitter delays; none if it is paused or has ended.

        Raises ScheduleNotFound.
        """
        return [*islice(_upcoming(self.get(name)), number)]

    def counts(self) -> dict[str, int]:
        """How many are `active` and `paused`."""
        counted = dict(self._session.rows("SELECT paused, count(*) FROM schedule GROUP BY paused"))
        return {"active": counted.get(0, 0), "paused": counted.get(1, 0)}

    def _get(self, name: str, lock: str) -> Schedule:
        row = self._session.row(f"SELECT {COLUMNS} FROM schedule WHERE name = ? {lock}", (name,))
        if row is None:
            raise ScheduleNotFound(name)
        return schedule_of(row)


def schedule_of(row: tuple[Any, ...]) -> Schedule:
    """From the values of COLUMNS."""
    values = dict(zip((field.name for field in fields(Schedule)), row, strict=True))
    values |= {
        "job": json.loads(values["job"]),
        "catch_up": CatchUp(values["catch_up"]),
        "overlap": Overlap(values["overlap"]),
        "paused": bool(values["paused"]),
    }
    return Schedule(**values)


def times_of(schedule: Schedule) -> "Times":
    """Its times. Raises ValueError if this version cannot read them."""
    from cronsim import CronSimError

    from queuectl_core.model.schedule_times import Times

    try:
        return Times(schedule)
    except (KeyError, OSError, CronSimError) as fault:  # a zone that this host does not know is a KeyError
        raise ValueError(f"its times are not understood here: {fault}") from fault


def planned(schedule: Schedule, after: float, times: "Times | None" = None) -> Schedule:
    """With its first time after `after` as the next one. `times`: those of the schedule, if they are known."""
    times = times or times_of(schedule)
    nominal = times.after(max(after, schedule.since))
    return replace(schedule, next_nominal=nominal, next_at=None if nominal is None else times.fires_at(nominal))


def _upcoming(schedule: Schedule) -> Iterator[tuple[float, float]]:
    if schedule.next_nominal is None:
        return
    times = times_of(schedule)
    nominal: float | None = schedule.next_nominal
    while nominal is not None:
        yield nominal, times.fires_at(nominal)
        nominal = times.after(nominal)


def _unplanned(new: "NewSchedule", now: float) -> Schedule:
    defaults = {name: getattr(new, name) for name in (*TIMING, "catch_up", "catch_up_window", "overlap", "pause_after")}
    return Schedule(
        **(defaults | new.values()),
        name=new.name, paused=False, pause_reason=None, created_at=now, updated_at=now, anchor=now, since=now,
        next_nominal=None, next_at=None, fires=0,
    )  # fmt: skip


def _row(schedule: Schedule) -> dict[str, Any]:
    return asdict(schedule) | {"job": json.dumps(schedule.job)}
