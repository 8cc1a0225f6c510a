"""Schedules in tests, with a clock that is set by hand."""

from typing import Any

from queuectl_core.model.new_schedule import NewSchedule, ScheduleChange
from queuectl_core.model.schedule import Schedule
from queuectl_core.store.store import Store

NOON = 1_800_000_000.0
"""A whole hour; the clock of these tests begins here."""

HOUR = 3600.0


class HandClock:
    """A clock that shows `time`, for stores that `show` it."""

    def __init__(self, *stores: Store) -> None:
        self.time = NOON
        for store in stores:
            self.show(store)

    def show(self, store: Store) -> None:
        """Let the schedules of this store be fired by it."""
        store.schedules._clock = store.fires._clock = self

    def now(self) -> float:
        return self.time


def new_schedule(name: str = "s", *, job: Any = None, **fields: Any) -> NewSchedule:
    rule = {} if "cron" in fields else {"every": int(HOUR)}
    return NewSchedule.model_validate({"name": name, "job": {"command": "true"} | (job or {})} | rule | fields)


def create(store: Store, name: str = "s", *, job: Any = None, **fields: Any) -> Schedule:
    return store.schedules.create(new_schedule(name, job=job, **fields))


def change(store: Store, name: str = "s", **fields: Any) -> Schedule:
    return store.schedules.change(name, ScheduleChange.model_validate(fields))


def fire(store: Store) -> None:
    """Fire all that is due."""
    while store.fires.wait() == 0:
        store.fires.fire()


def history(store: Store, name: str = "s") -> list[tuple[float, str]]:
    """Hours since NOON and outcomes, oldest first; for several missed times the first one."""
    fires = store.fires.page(name, limit=1000).items
    return [((one.scheduled_at - NOON) / HOUR, one.outcome.value) for one in reversed(fires)]
