"""Creating, changing, pausing, listing and deleting schedules."""

import pytest

from queuectl_core.model.errors import CommandNotAllowed, InvalidSchedule, ScheduleExists, ScheduleNotFound
from queuectl_core.model.event import EventType
from queuectl_core.model.new_schedule import ScheduleChange
from queuectl_core.model.schedule import CatchUp, Overlap
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from tests.store.schedules import HOUR, NOON, HandClock, change, create, fire, history, new_schedule


@pytest.fixture(autouse=True)
def clock(store: Store) -> HandClock:
    return HandClock(store)


def test_a_schedule_has_defaults_and_begins_after_it_was_created(store: Store) -> None:
    schedule = create(store, cron="30 * * * *")
    assert schedule == store.schedules.get("s")
    assert (schedule.catch_up, schedule.overlap, schedule.timezone) == (CatchUp.LATEST, Overlap.SKIP, "UTC")
    assert (schedule.next_nominal, schedule.next_at) == (NOON + HOUR / 2, NOON + HOUR / 2)
    assert store.schedules.create(new_schedule("other", every=90)).next_at == NOON + 90


def test_an_interval_with_a_beginning_is_counted_from_there(store: Store) -> None:
    create(store, every=600, **{"from": "2027-01-15T08:05:00Z"})
    assert [at for at, _ in store.schedules.next("s", 2)] == [NOON + 300, NOON + 900]


def test_a_name_is_taken_once(store: Store) -> None:
    before = create(store)
    with pytest.raises(ScheduleExists):
        create(store, every=5)
    assert store.schedules.get("s") == before


def test_what_does_not_fit_is_refused_and_changes_nothing(store: Store) -> None:
    hour = {"from": "2027-02-01T00:00:00Z", "until": "2027-02-01T00:00:00Z"}
    with pytest.raises(InvalidSchedule, match="until: must be later than from"):
        create(store, **hour)
    with pytest.raises(InvalidSchedule, match="give one of cron and every"):
        create(store, cron="@daily", every=5)
    with pytest.raises(InvalidSchedule, match="no time is to come"):
        create(store, until="2020-01-01T00:00:00Z")
    with pytest.raises(ScheduleNotFound):
        store.schedules.get("s")
    before = create(store, **{"from": "2027-02-01T00:00:00Z"})
    with pytest.raises(InvalidSchedule):
        change(store, until="2027-01-31T00:00:00Z")
    assert store.schedules.get("s") == before


def test_a_command_that_its_queue_does_not_allow_is_refused(store: Store) -> None:
    store.queues.set_commands("media", ["ffmpeg *"])
    with pytest.raises(CommandNotAllowed):
        create(store, job={"queue": "media"})
    create(store, job={"command": "ffmpeg -version", "queue": "media"})
    with pytest.raises(CommandNotAllowed):
        change(store, job={"env": {"A": "1"}})
    assert store.schedules.get("s").job == {"command": "ffmpeg -version", "queue": "media"}


def test_a_change_of_the_job_keeps_its_other_fields_and_the_times(store: Store, clock: HandClock) -> None:
    before = create(store, job={"priority": 3, "tags": ["a"]})
    clock.time += 100
    after = change(store, job={"priority": 5}, overlap="allow")
    assert after.job == {"command": "true", "priority": 5, "tags": ["a"]}
    assert (after.next_at, after.overlap, after.updated_at) == (before.next_at, Overlap.ALLOW, NOON + 100)


def test_a_change_of_the_times_applies_from_then_on(store: Store, clock: HandClock) -> None:
    create(store, every=int(HOUR))
    clock.time += 1.5 * HOUR  # nobody has fired yet what was due at 1:00
    after = change(store, cron="0 * * * *")
    assert (after.every, after.next_at) == (None, NOON + 2 * HOUR)
    fire(store)
    assert history(store) == []
    assert store.schedules.change("s", ScheduleChange(every=60)).cron is None


def test_a_schedule_that_is_deleted_and_created_again_is_a_new_one(store: Store, clock: HandClock) -> None:
    create(store, every=int(HOUR))
    clock.time += HOUR
    fire(store)
    store.schedules.delete("s")
    with pytest.raises(ScheduleNotFound):
        store.fires.page("s", limit=1)
    assert store.jobs.counts()[State.PENDING] == 1
    create(store, every=60)
    assert history(store) == []
    assert store.schedules.get("s").next_at == NOON + HOUR + 60


def test_nothing_fires_while_it_is_paused_nor_afterwards_for_then(store: Store, clock: HandClock) -> None:
    create(store)
    paused = store.schedules.set_paused("s", True)
    assert (paused.next_at, store.schedules.next("s", 3)) == (None, [])
    clock.time += 3.5 * HOUR
    fire(store)
    store.schedules.set_paused("s", False)
    fire(store)
    assert history(store) == []
    assert store.schedules.get("s").next_at == NOON + 4 * HOUR


def test_a_change_does_not_resume_a_paused_schedule(store: Store) -> None:
    create(store)
    store.schedules.set_paused("s", True)
    assert change(store, every=60).next_at is None


def test_schedules_are_listed_by_name_in_pages(store: Store) -> None:
    for name in ("c", "a", "b"):
        create(store, name)
    first = store.schedules.page(limit=2)
    assert [one.name for one in first.items] == ["a", "b"]
    rest = store.schedules.page(limit=2, cursor=first.next_cursor)
    assert ([one.name for one in rest.items], rest.next_cursor) == (["c"], None)
    store.schedules.set_paused("a", True)
    assert store.schedules.counts() == {"active": 2, "paused": 1}


def test_what_comes_next_is_what_fires(store: Store, clock: HandClock) -> None:
    create(store, cron="*/20 * * * *", jitter=900, overlap="allow")
    told = store.schedules.next("s", 5)
    assert any(at != fires_at for at, fires_at in told)
    for at, fires_at in told:
        clock.time = fires_at - 0.001
        fire(store)
        assert at not in [one.scheduled_at for one in store.fires.page("s", limit=9).items]
        clock.time = fires_at
        fire(store)
        assert store.fires.latest(["s"])["s"].scheduled_at == at


def test_views_hear_of_every_change(store: Store) -> None:
    cursor = store.feed.latest()
    create(store)
    store.schedules.set_paused("s", True)
    store.schedules.set_paused("s", True)
    store.schedules.delete("s")
    events = [event for event in store.feed.after(cursor).events if event.type is EventType.SCHEDULE]
    assert [(event.subject, event.change) for event in events] == [("s", "changed")] * 2 + [("s", "deleted")]
