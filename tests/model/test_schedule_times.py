"""The times of schedules, against a slow and obvious model of Debian's cron, wherever clocks change."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from cronsim import CronSimError
from hypothesis import given, settings
from hypothesis import strategies as st

from queuectl_core.model.schedule import CatchUp, Overlap, Schedule
from queuectl_core.model.schedule_times import Cron, Every, Times

MINUTE, DAY = 60, 86_400
FIRST = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())
LAST = int(datetime(2041, 1, 1, tzinfo=UTC).timestamp())

SAMPLE = [
    "Africa/Cairo",
    "America/Havana",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/Scoresbysund",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Almaty",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Pacific/Easter",
    "Pacific/Norfolk",
    "UTC",
]
ZONES = sorted(available_timezones() - {"localtime"}) if "QUEUECTL_LONG" in os.environ else SAMPLE
"""Those that change at midnight, by half an hour, by two or three, forwards in autumn, in Ramadan, and never."""


@cache
def changes(zone: str) -> list[int]:
    """The days of 2020 to 2040 that have another UTC offset at their end than at their beginning."""
    found, offset = list[int](), None
    for at in range(FIRST, LAST, DAY):
        before, offset = offset, datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset()
        if before not in (None, offset):
            found.append(at - DAY)
    return found or [FIRST]


@dataclass(frozen=True)
class Field:
    """A field of an expression, and the numbers that it stands for."""

    text: str
    numbers: frozenset[int]

    @property
    def starred(self) -> bool:
        return self.text.startswith("*")


def fields(low: int, high: int) -> st.SearchStrategy[Field]:
    number = st.integers(low, high)
    steps = st.integers(1, high)
    return st.one_of(
        st.just(Field("*", frozenset(range(low, high + 1)))),
        steps.map(lambda step: Field(f"*/{step}", frozenset(range(low, high + 1, step)))),
        st.lists(number, min_size=1, max_size=3).map(lambda some: Field(",".join(map(str, some)), frozenset(some))),
        st.tuples(number, number).map(sorted).map(lambda ends: Field(f"{ends[0]}-{ends[1]}", span(*ends))),
        st.tuples(number, steps).map(
            lambda pair: Field(f"{pair[0]}/{pair[1]}", frozenset(range(pair[0], high + 1, pair[1])))
        ),
    )


def span(low: int, high: int) -> frozenset[int]:
    return frozenset(range(low, high + 1))


hours = fields(0, 23) | st.integers(0, 4).map(lambda hour: Field(str(hour), frozenset({hour})))  # when clocks change
days = st.just(Field("*", span(1, 31))) | fields(1, 31)
weekdays = st.just(Field("*", span(0, 7))) | fields(0, 7)  # 0 and 7 are Sunday
months = st.just(Field("*", span(1, 12))) | fields(1, 12)


def model(zone: str, expression: tuple[Field, ...], first: int, last: int) -> Iterator[int]:
    """All times from `first` to `last`, by looking at the clock every minute."""
    minute, hour, day, month, weekday = expression

    def matches(wall: datetime) -> bool:
        on_day, on_weekday = (
            wall.day in day.numbers,
            not weekday.numbers.isdisjoint({wall.isoweekday(), wall.isoweekday() % 7}),
        )
        both = day.starred or weekday.starred
        return (
            wall.minute in minute.numbers
            and wall.hour in hour.numbers
            and wall.month in month.numbers
            and ((on_day and on_weekday) if both else (on_day or on_weekday))
        )

    shown = {at: datetime.fromtimestamp(at, ZoneInfo(zone)).replace(tzinfo=None) for at in range(first, last, MINUTE)}
    if minute.starred or hour.starred:
        yield from (at for at, wall in shown.items() if matches(wall))
        return
    reached = shown[first] - timedelta(minutes=1)
    for at, wall in shown.items():
        new = False  # whether a time of the day comes now, that did not come before
        while reached < wall:  # more than one step if the clock was set forward; none while it repeats an hour
            reached += timedelta(minutes=1)
            new = new or matches(reached)
        if new:
            yield at


@settings(max_examples=int(os.environ.get("QUEUECTL_LONG", 100)), deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    change=st.integers(0, 50),
    expression=st.tuples(fields(0, 59), hours, days, months, weekdays),
    offset=st.integers(0, 2 * DAY),
)
def test_a_cron_expression_means_what_debians_cron_does(
    zone: str, change: int, expression: tuple[Field, ...], offset: int
) -> None:
    at = changes(zone)[change % len(changes(zone))]
    first, last = at - DAY // 4, at + 2 * DAY
    expected = list(model(zone, expression, first, last))
    cron = Cron(" ".join(field.text for field in expression), zone)
    found, instant = list[int](), first - 1
    try:
        cron.after(first)
    except CronSimError:  # the 30th of February
        assert expected == []
        return
    while (following := cron.after(instant)) is not None and following < last:
        found.append(following)
        instant = following
    assert found == expected
    later = first + offset  # asked in the middle of it, it tells the same
    assert cron.after(later) in (next((time for time in expected if time > later), None), cron.after(last - 1))


def local(zone: str, *of: int, fold: int = 0) -> int:
    return int(datetime(*of, tzinfo=ZoneInfo(zone), fold=fold).timestamp())  # type: ignore[misc,arg-type]


def first_times(expression: str, zone: str, begin: int, number: int) -> list[str]:
    cron, told = Cron(expression, zone), list[str]()
    while len(told) < number and (following := cron.after(begin)) is not None:
        told.append(datetime.fromtimestamp(following, ZoneInfo(zone)).isoformat(timespec="minutes"))
        begin = following
    return told


def test_what_falls_into_the_gap_comes_once_at_its_end() -> None:
    begin = local("Europe/Berlin", 2026, 3, 28, 12)
    assert first_times("0,30 2 * * *", "Europe/Berlin", begin, 3) == [
        "2026-03-29T03:00+02:00",
        "2026-03-30T02:00+02:00",
        "2026-03-30T02:30+02:00",
    ]


def test_a_repeated_time_comes_once() -> None:
    begin = local("America/New_York", 2026, 11, 1)
    assert first_times("30 1 * * *", "America/New_York", begin, 2) == [
        "2026-11-01T01:30-04:00",
        "2026-11-02T01:30-05:00",
    ]
    second_pass = local("America/New_York", 2026, 11, 1, 1, 10, fold=1)
    assert first_times("30 1 * * *", "America/New_York", second_pass, 1) == ["2026-11-02T01:30-05:00"]


def test_every_hour_comes_every_hour() -> None:
    begin = local("America/New_York", 2026, 11, 1)
    assert first_times("@hourly", "America/New_York", begin, 3) == [
        "2026-11-01T01:00-04:00",
        "2026-11-01T01:00-05:00",
        "2026-11-01T02:00-05:00",
    ]


@pytest.mark.parametrize(("alias", "expression"), [("@daily", "0 0 * * *"), ("@Weekly", "0 0 * * 0")])
def test_an_alias_is_short_for_an_expression(alias: str, expression: str) -> None:
    assert Cron(alias, "UTC").after(FIRST) == Cron(expression, "UTC").after(FIRST)


def test_what_comes_only_beyond_the_calendar_never_comes() -> None:
    end = int(datetime(9999, 12, 31, 23, 59, tzinfo=UTC).timestamp())
    assert Cron("* * * * *", "UTC").after(end) is None
    assert Cron("0 0 * * *", "America/New_York").after(end) is None


@given(st.integers(1, DAY), st.integers(0, LAST), st.integers(0, LAST))
def test_an_interval_is_counted_in_elapsed_seconds(seconds: int, anchor: int, instant: int) -> None:
    found = Every(seconds, anchor).after(instant)
    assert found is not None
    assert instant < found <= instant + seconds
    assert (found - anchor) % seconds == 0


SCHEDULE = Schedule(
    name="s", cron="*/7 * * * *", every=None, timezone="UTC", job={}, catch_up=CatchUp.LATEST, catch_up_window=DAY,
    overlap=Overlap.SKIP, jitter=0, starts_at=None, ends_at=None, pause_after=None, paused=False, pause_reason=None,
    created_at=FIRST, updated_at=FIRST, anchor=FIRST, since=FIRST, next_nominal=None, next_at=None, fires=0,
)  # fmt: skip


@given(after=st.floats(FIRST, FIRST + 9000), until=st.floats(FIRST, FIRST + 9000))
def test_the_latest_is_the_last_one_that_comes(after: float, until: float) -> None:
    times = Times(SCHEDULE)
    found, following = None, times.after(after)
    while following is not None and following <= until:
        found, following = following, times.after(following)
    assert times.latest(after, until) == found


@given(begins=st.integers(FIRST, FIRST + 9000), ends=st.integers(FIRST, FIRST + 9000))
def test_it_comes_from_its_beginning_until_before_its_end(begins: int, ends: int) -> None:
    times = Times(replace(SCHEDULE, starts_at=begins, ends_at=ends))
    found = times.after(FIRST - 1)
    expected = Times(SCHEDULE).after(begins - 1)
    assert expected is not None
    assert found == (expected if expected < ends else None)


@given(name=st.text(), jitter=st.floats(0, DAY), time=st.integers(FIRST, LAST))
def test_jitter_delays_a_time_by_the_same_each_time_and_never_to_the_next(name: str, jitter: float, time: int) -> None:
    times = Times(replace(SCHEDULE, name=name, jitter=jitter))
    nominal = times.after(time)
    assert nominal is not None
    following = times.after(nominal)
    assert following is not None
    fires_at = times.fires_at(nominal)
    assert fires_at == Times(replace(SCHEDULE, name=name, jitter=jitter)).fires_at(nominal)
    assert nominal <= fires_at <= min(nominal + jitter + 0.001, following)
    assert fires_at <= times.fires_at(following)
