"""What happens at the times of a schedule: each fires once, or the history says why not."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from queuectl_core.model.errors import CommandNotAllowed, InvalidSchedule, ScheduleBusy
from queuectl_core.model.filter import Filter
from queuectl_core.model.job import Job
from queuectl_core.model.schedule import FireOutcome
from queuectl_core.model.state import State
from queuectl_core.store.fires import HISTORY, MOST_AT_ONCE, MOST_WAITING, TRIM_EACH
from queuectl_core.store.store import Store
from tests.store.attempts import FAILURE, SUCCESS, take
from tests.store.backend import OpenStore
from tests.store.schedules import HOUR, NOON, HandClock, change, create, fire, history

LATE = 0.5 * HOUR


@pytest.fixture(autouse=True)
def clock(store: Store) -> HandClock:
    return HandClock(store)


def jobs(store: Store) -> list[Job]:
    """Oldest first."""
    return store.jobs.page(Filter(), limit=5000).items[::-1]


def end_all(store: Store, *, failing: bool = False) -> None:
    """Run whatever is due."""
    for claim in take(store, "w", 1000):
        if failing:
            store.reports.fail(claim.lease, FAILURE)
        else:
            store.reports.complete(claim.lease, SUCCESS)


def test_each_time_enqueues_one_job_that_knows_it(store: Store, clock: HandClock) -> None:
    create(store, job={"priority": 7, "tags": ["night"]})
    assert store.fires.wait() == HOUR
    fire(store)
    assert history(store) == []
    for _ in range(2):
        clock.time += HOUR
        fire(store)
        fire(store)
        end_all(store)
    assert history(store) == [(1, "enqueued"), (2, "enqueued")]
    first, second = jobs(store)
    assert (first.schedule, first.scheduled_at, second.scheduled_at) == ("s", NOON + HOUR, NOON + 2 * HOUR)
    assert (first.priority, first.tags) == (7, ["night"])
    assert store.fires.latest(["s"])["s"].job == second.id
    assert store.fires.counters() == {"enqueued": 2, "skipped": 0, "missed": 0, "refused": 0}


def test_a_claim_tells_the_time(store: Store, clock: HandClock) -> None:
    create(store)
    clock.time += HOUR
    fire(store)
    [claim] = take(store, "w", 1)
    assert claim.scheduled_at == NOON + HOUR


def test_however_many_processes_fire_each_time_fires_once(
    store: Store, clock: HandClock, open_store: OpenStore
) -> None:
    for number in range(20):
        create(store, f"s{number}", overlap="allow")
    stores = [store, open_store(), open_store()]
    for other in stores:
        clock.show(other)
    for _ in range(5):
        clock.time += HOUR
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(fire, stores))
    for number in range(20):
        assert history(store, f"s{number}") == [(hour, "enqueued") for hour in range(1, 6)]
    assert len(jobs(store)) == 100


def test_one_step_fires_a_bounded_number(store: Store, clock: HandClock) -> None:
    create(store, every=1, overlap="allow", catch_up="all")
    clock.time += MOST_AT_ONCE + 50
    store.fires.fire()
    assert len(jobs(store)) == MOST_AT_ONCE
    fire(store)
    assert len(jobs(store)) == MOST_AT_ONCE + 50


# Catching up


def test_latest_fires_the_last_time_only(store: Store, clock: HandClock) -> None:
    create(store)
    clock.time += 3 * HOUR + LATE
    fire(store)
    assert history(store) == [(1, "missed"), (3, "enqueued")]
    missed = store.fires.page("s", limit=9).items[-1]
    assert (missed.scheduled_at, missed.until) == (NOON + HOUR, NOON + 2 * HOUR)


def test_none_fires_only_what_is_on_time(store: Store, clock: HandClock) -> None:
    create(store, catch_up="none")
    clock.time += 2 * HOUR + LATE
    fire(store)
    assert history(store) == [(1, "missed")]
    clock.time = NOON + 3 * HOUR + 30
    fire(store)
    assert history(store) == [(1, "missed"), (3, "enqueued")]


def test_all_fires_each_time(store: Store, clock: HandClock) -> None:
    create(store, catch_up="all", overlap="allow")
    clock.time += 3 * HOUR + LATE
    fire(store)
    assert history(store) == [(hour, "enqueued") for hour in (1, 2, 3)]


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [("latest", [(1, "missed")]), ("all", [(1, "missed"), (49, "enqueued"), (50, "enqueued")])],
)
def test_what_is_older_than_the_window_is_missed(
    store: Store, clock: HandClock, catch_up: str, expected: list[tuple[float, str]]
) -> None:
    window = {"latest": 600, "all": 2 * HOUR}[catch_up]
    create(store, catch_up=catch_up, catch_up_window=window, overlap="allow")
    clock.time += 50 * HOUR + LATE
    fire(store)
    assert history(store) == expected


def test_a_year_of_missed_seconds_is_one_row(store: Store, clock: HandClock) -> None:
    create(store, cron="* * * * *")
    clock.time += 365 * 24 * HOUR
    fire(store)
    assert [outcome for _, outcome in history(store)] == ["missed", "enqueued"]


def test_times_before_the_creation_are_not_caught_up(store: Store, clock: HandClock) -> None:
    create(store, every=int(HOUR), catch_up="all", **{"from": "2020-01-01T00:00:00Z"})
    fire(store)
    assert history(store) == []
    clock.time += HOUR
    fire(store)
    assert history(store) == [(1, "enqueued")]


# Overlap


def test_skip_skips_while_an_earlier_job_has_not_ended(store: Store, clock: HandClock) -> None:
    create(store)
    clock.time += HOUR
    fire(store)
    clock.time += HOUR
    fire(store)
    end_all(store)
    clock.time += HOUR
    fire(store)
    assert history(store) == [(1, "enqueued"), (2, "skipped"), (3, "enqueued")]
    assert store.fires.page("s", limit=9).items[1].detail == f"job {jobs(store)[0].id} has not ended"


def test_a_job_that_waits_for_a_retry_has_not_ended(store: Store, clock: HandClock) -> None:
    create(store, job={"max_retries": 1, "backoff_base": 1000})
    clock.time += HOUR
    fire(store)
    end_all(store, failing=True)
    assert [job.state for job in jobs(store)] == [State.FAILED]
    clock.time += HOUR
    fire(store)
    assert history(store) == [(1, "enqueued"), (2, "skipped")]


def test_allow_lets_jobs_run_beside_each_other(store: Store, clock: HandClock) -> None:
    create(store, overlap="allow")
    for _ in range(3):
        clock.time += HOUR
        fire(store)
    assert len(take(store, "w", 9)) == 3


def test_queue_runs_one_after_another(store: Store, clock: HandClock) -> None:
    create(store, overlap="queue")
    for _ in range(3):
        clock.time += HOUR
        fire(store)
    assert history(store) == [(hour, "enqueued") for hour in (1, 2, 3)]
    ran = list[float | None]()
    for _ in range(3):
        [claim] = take(store, "w", 9)
        ran.append(claim.scheduled_at)
        fire(store)
        assert take(store, "w", 9) == []
        store.reports.complete(claim.lease, SUCCESS)
        fire(store)
    assert ran == [NOON + hour * HOUR for hour in (1, 2, 3)]
    assert all(one.job for one in store.fires.page("s", limit=9).items)


def test_what_waits_runs_with_the_job_as_it_is_then_even_if_the_schedule_is_paused(
    store: Store, clock: HandClock
) -> None:
    create(store, overlap="queue")
    for _ in range(2):
        clock.time += HOUR
        fire(store)
    change(store, job={"command": "false"})
    store.schedules.set_paused("s", True)
    end_all(store)
    fire(store)
    assert [job.command for job in jobs(store)] == ["true", "false"]


def test_what_waits_does_not_run_once_the_schedule_is_deleted(store: Store, clock: HandClock) -> None:
    create(store, overlap="queue")
    for _ in range(2):
        clock.time += HOUR
        fire(store)
    store.schedules.delete("s")
    end_all(store)
    fire(store)
    assert [job.state for job in jobs(store)] == [State.COMPLETED]


def test_the_line_of_a_schedule_is_bounded(store: Store, clock: HandClock) -> None:
    create(store, every=1, overlap="queue", catch_up="all")
    clock.time += MOST_WAITING + 3
    fire(store)
    outcomes = [outcome for _, outcome in history(store)]
    assert (outcomes.count("enqueued"), outcomes.count("skipped")) == (MOST_WAITING + 1, 2)


def test_replace_starts_when_the_earlier_job_is_dead(store: Store, clock: HandClock) -> None:
    create(store, overlap="replace")
    clock.time += HOUR
    fire(store)
    [claim] = take(store, "w", 9)
    clock.time += HOUR
    fire(store)
    assert jobs(store)[0].cancelling
    assert len(jobs(store)) == 1
    clock.time += HOUR
    fire(store)  # the one that waits is replaced as well
    store.reports.fail(claim.lease, FAILURE)  # its worker has stopped it
    fire(store)
    assert [(job.state, job.scheduled_at) for job in jobs(store)] == [
        (State.CANCELLED, NOON + HOUR),
        (State.PENDING, NOON + 3 * HOUR),
    ]
    assert history(store) == [(1, "enqueued"), (2, "skipped"), (3, "enqueued")]


def test_replace_cancels_a_job_that_has_not_started(store: Store, clock: HandClock) -> None:
    create(store, overlap="replace")
    for _ in range(2):
        clock.time += HOUR
        fire(store)
    assert [job.state for job in jobs(store)] == [State.CANCELLED, State.PENDING]


# The clock is set


def test_a_clock_that_is_set_back_fires_nothing_twice(store: Store, clock: HandClock) -> None:
    create(store, overlap="allow", catch_up="all")
    clock.time += 3 * HOUR
    fire(store)
    clock.time = NOON + 10
    fire(store)
    assert store.fires.wait() == HOUR - 10
    clock.time = NOON + 3 * HOUR + LATE
    fire(store)
    clock.time = NOON + 4 * HOUR
    fire(store)
    assert history(store) == [(hour, "enqueued") for hour in (1, 2, 3, 4)]
    assert len(jobs(store)) == 4


def test_a_schedule_survives_a_clock_that_was_wrong_for_a_while(store: Store, clock: HandClock) -> None:
    create(store, overlap="allow")
    clock.time += 10_000 * HOUR
    fire(store)
    clock.time = NOON + LATE
    fire(store)
    clock.time = NOON + 2 * HOUR
    fire(store)
    assert (2, "enqueued") in history(store)


def test_times_of_forgotten_fires_do_not_fire_again(store: Store, clock: HandClock) -> None:
    create(store, every=1, overlap="allow", catch_up="all")
    for _ in range(3):
        clock.time += (HISTORY + TRIM_EACH) / 2
        fire(store)
    number, kept = len(jobs(store)), len(store.fires.page("s", limit=5000).items)
    assert HISTORY <= kept < HISTORY + TRIM_EACH
    clock.time = NOON
    fire(store)
    clock.time = NOON + 100
    fire(store)
    assert len(jobs(store)) == number


# Refused


def test_a_job_that_its_queue_no_longer_takes_is_refused(store: Store, clock: HandClock) -> None:
    create(store)
    store.queues.set_commands("default", ["false"])
    clock.time += HOUR
    fire(store)
    [refused] = store.fires.page("s", limit=9).items
    assert (refused.outcome, refused.job) == (FireOutcome.REFUSED, None)
    assert "does not accept the command" in (refused.detail or "")
    assert jobs(store) == []
    store.queues.set_commands("default", None)
    clock.time += HOUR
    fire(store)
    assert history(store)[1] == (2, "enqueued")


def test_one_that_cannot_be_understood_pauses_and_holds_no_other_up(store: Store, clock: HandClock) -> None:
    create(store, "a", cron="0 * * * *")
    create(store, "b")
    store._driver.session.execute("UPDATE schedule SET timezone = 'Mars/Olympus' WHERE name = 'a'")
    clock.time += HOUR
    fire(store)
    assert "Mars/Olympus" in (store.schedules.get("a").pause_reason or "")
    assert history(store, "b") == [(1, "enqueued")]


def test_it_pauses_after_jobs_that_died(store: Store, clock: HandClock) -> None:
    create(store, job={"max_retries": 0}, pause_after=2)
    for failing in (True, False, True, True):
        clock.time += HOUR
        fire(store)
        end_all(store, failing=failing)
    assert not store.schedules.get("s").paused
    clock.time += HOUR
    fire(store)
    paused = store.schedules.get("s")
    assert (paused.paused, paused.pause_reason) == (True, "its last 2 jobs died")
    assert len(history(store)) == 4
    assert store.audit.page(limit=1).items[0].subject == "s"
    store.schedules.set_paused("s", False)
    clock.time += HOUR
    fire(store)
    assert len(history(store)) == 5


# By hand


def test_run_fires_now_and_leaves_the_times_alone(store: Store, clock: HandClock) -> None:
    create(store)
    clock.time += 60.5
    ran = store.fires.run("s")
    assert (ran.scheduled_at, ran.outcome) == (NOON + 60.5, FireOutcome.ENQUEUED)
    assert ran.job == jobs(store)[0].id
    assert store.fires.wait() == HOUR - 60.5


def test_run_obeys_the_overlap_rule_unless_it_is_forced(store: Store) -> None:
    create(store)
    store.fires.run("s")
    with pytest.raises(ScheduleBusy):
        store.fires.run("s")
    assert store.fires.run("s", force=True).outcome is FireOutcome.ENQUEUED
    assert len(jobs(store)) == 2
    change(store, overlap="queue")
    assert store.fires.run("s").job is None
    store.queues.set_commands("default", ["false"])
    with pytest.raises(CommandNotAllowed):
        store.fires.run("s", force=True)


def test_a_paused_schedule_can_be_run_by_hand(store: Store) -> None:
    create(store)
    store.schedules.set_paused("s", True)
    assert store.fires.run("s").job


def test_backfill_fires_the_times_for_which_nothing_was_enqueued(store: Store, clock: HandClock) -> None:
    create(store)
    clock.time += 5 * HOUR
    fire(store)
    assert history(store) == [(1, "missed"), (5, "enqueued")]
    assert store.fires.backfill("s", NOON - HOUR, NOON + 2 * HOUR + 1) == 4
    fire(store)
    assert history(store) == [
        (-1, "enqueued"),
        (0, "enqueued"),
        (1, "enqueued"),
        (2, "enqueued"),
        (3, "missed"),
        (5, "enqueued"),
    ]
    ran = list[float | None]()
    while claims := take(store, "w", 9):
        [claim] = claims
        ran.append(claim.scheduled_at)
        store.reports.complete(claim.lease, SUCCESS)
        fire(store)
    assert ran == [NOON + hour * HOUR for hour in (5, -1, 0, 1, 2)]
    assert store.fires.backfill("s", NOON - HOUR, NOON + 2 * HOUR + 1) == 0


def test_backfill_is_bounded_and_for_the_past(store: Store, clock: HandClock) -> None:
    create(store, every=1)
    with pytest.raises(InvalidSchedule, match="more than 1000 times"):
        store.fires.backfill("s", NOON - 2000, NOON)
    with pytest.raises(InvalidSchedule, match="future"):
        store.fires.backfill("s", NOON, NOON + 1)
    with pytest.raises(InvalidSchedule, match="later than from"):
        store.fires.backfill("s", NOON, NOON)
    assert history(store) == []


# The history


def test_a_fire_outlives_its_job(store: Store, clock: HandClock) -> None:
    create(store)
    clock.time += HOUR
    fire(store)
    [job] = jobs(store)
    store.actions.delete(job.id)
    assert [one.job for one in store.fires.page("s", limit=9).items] == [job.id]


def test_the_history_comes_in_pages(store: Store, clock: HandClock) -> None:
    create(store, overlap="allow", catch_up="all")
    clock.time += 5 * HOUR
    fire(store)
    seen, cursor = list[float](), None
    while True:
        page = store.fires.page("s", limit=2, cursor=cursor)
        seen += [(one.scheduled_at - NOON) / HOUR for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [5, 4, 3, 2, 1]


def test_it_fires_nothing_after_its_end(store: Store, clock: HandClock) -> None:
    create(store, until="2027-01-15T10:00:00Z", overlap="allow")  # two hours later
    for _ in range(4):
        clock.time += HOUR
        fire(store)
    assert history(store) == [(1, "enqueued")]
    assert store.schedules.get("s").next_at is None
