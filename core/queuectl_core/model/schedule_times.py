"""The times of a schedule, as seconds since the epoch.

cronsim knows the calendar. It is used without time zones; how local times become instants is written here, as in
Debian's cron. An expression in which minute or hour begins with `*` matches what a clock on the wall shows: nothing in
the hour that is left out, and both passes of a repeated hour. All other expressions name times of the day: what falls
into a gap comes at its end, and a repeated time comes once.
"""

import hashlib
import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from cronsim import CronSim

from queuectl_core.model.schedule import Schedule

ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

EPOCH = datetime(1970, 1, 1)  # local times are counted from here as if there were no zones
DAY = 86_400


class Rule(Protocol):
    """What times come after each other, without beginning or end."""

    def after(self, instant: int) -> int | None:
        """The first time later than `instant`; None if there is none in the next 50 years."""
        ...


class Cron:
    """A cron expression of five fields, or an alias, in a time zone."""

    def __init__(self, expression: str, timezone: str) -> None:
        self._fields = ALIASES.get(expression.strip().lower(), expression)
        self._zone = ZoneInfo(timezone)
        minute, hour = self._fields.split()[:2]
        self._is_wildcard = minute.startswith("*") or hour.startswith("*")

    def after(self, instant: int) -> int | None:
        """See Rule."""
        try:
            return self._next_shown(instant) if self._is_wildcard else self._next_time_of_day(instant)
        except (OverflowError, ValueError):
            return None  # beyond the year 9999

    def _next_shown(self, instant: int) -> int | None:
        """The next instant at which a clock shows a matching time: from one change of the clock to the next."""
        wall = instant + self._offset(instant)
        while (match := next(self._matches(wall), None)) is not None:
            found = match - self._offset(instant)
            change = self._next_change(instant, found)
            if change is None:
                return found
            instant, wall = change, change + self._offset(change) - 1
        return None

    def _next_time_of_day(self, instant: int) -> int | None:
        for match in self._matches(instant + self._offset(instant)):
            found = self._first_instant(match)
            if found > instant:  # in the second pass of an hour, its times have already come
                return found
        return None

    def _matches(self, wall: int) -> Iterator[int]:
        """The matching local times after `wall`, in seconds since EPOCH."""
        for moment in CronSim(self._fields, EPOCH + timedelta(seconds=wall)):
            yield int((moment - EPOCH).total_seconds())

    def _first_instant(self, wall: int) -> int:
        """When a clock shows that time first; the end of the gap if it never does."""
        instant = int((EPOCH + timedelta(seconds=wall)).replace(tzinfo=self._zone).timestamp())
        if instant + self._offset(instant) == wall:
            return instant
        end = self._next_change(instant - DAY, instant)
        assert end is not None  # in a gap, a time is read with the offset before it
        return end

    def _next_change(self, after: int, until: int) -> int | None:
        """The first instant in (after, until] with another UTC offset. Two changes are more than a day apart."""
        offset = self._offset(after)
        while after < until:
            end = min(after + DAY, until)
            if self._offset(end) != offset:
                between = range(after + 1, end + 1)
                return between[bisect_left(between, True, key=lambda instant: self._offset(instant) != offset)]
            after = end
        return None

    def _offset(self, instant: int) -> int:
        offset = datetime.fromtimestamp(instant, self._zone).utcoffset()
        assert offset is not None
        return int(offset.total_seconds())


@dataclass(frozen=True)
class Every:
    """An interval in elapsed seconds, counted from `anchor`."""

    seconds: int
    anchor: int

    def after(self, instant: int) -> int | None:
        """See Rule."""
        return self.anchor + ((instant - self.anchor) // self.seconds + 1) * self.seconds


class Times:
    """The times of one schedule between its beginning and its end."""

    def __init__(self, schedule: Schedule) -> None:
        self._name = schedule.name
        self._jitter = schedule.jitter
        self._before = -math.inf if schedule.starts_at is None else math.ceil(schedule.starts_at) - 1
        self._end = math.inf if schedule.ends_at is None else schedule.ends_at
        self._rule = _rule(schedule)
        self._known: dict[int, int | None] = {}

    def after(self, instant: float) -> int | None:
        """The first time later than `instant`."""
        moment = math.floor(max(instant, self._before))
        if moment not in self._known:
            self._known[moment] = self._rule.after(moment)
        found = self._known[moment]
        return found if found is not None and found < self._end else None

    def latest(self, after: float, until: float) -> int | None:
        """The last time in (after, until]."""
        candidates = range(math.floor(after), math.floor(until) + 1)
        later = bisect_left(candidates, True, key=lambda instant: not self._comes_within(instant, until))
        return self.after(candidates[later - 1]) if later else None

    def _comes_within(self, after: float, until: float) -> bool:
        found = self.after(after)
        return found is not None and found <= until

    def fires_at(self, time: float) -> float:
        """When that time fires. Every process computes the same jitter, which never reaches the next time."""
        if not self._jitter:
            return time
        following = self.after(time)
        most = self._jitter if following is None else min(self._jitter, following - time)
        digest = hashlib.sha256(f"{self._name} {time:.0f}".encode()).digest()
        return time + round(most * int.from_bytes(digest[:6]) / (1 << 48), 3)


def _rule(schedule: Schedule) -> Rule:
    if schedule.cron is not None:
        return Cron(schedule.cron, schedule.timezone)
    assert schedule.every is not None
    return Every(schedule.every, math.ceil(schedule.anchor))
