"""The series of charts: every change is counted once, and the depth over time is what it was."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queuectl_core.attempt import NOTHING, Ended
from queuectl_core.errors import QueueError
from queuectl_core.new_job import NewJob
from queuectl_core.series import LONGEST, SHORTEST, SPANS, Percentiles, Point, histogram_step
from queuectl_core.sqlite import series
from queuectl_core.sqlite.batch import TOLD_ONE_BY_ONE
from queuectl_core.sqlite.bulk import Action
from queuectl_core.sqlite.filter import Filter
from queuectl_core.sqlite.store import Store
from queuectl_core.state import State
from tests.core.working import FAILURE, SUCCESS, claim_one, register, take
from tests.running import eventually

STEP = SPANS["30d"][1]
FLOWS = ("enqueued", "completed", "failed", "dead", "cancelled")
DAY = 86_400


@given(st.lists(st.floats(SHORTEST, LONGEST), min_size=1, max_size=200))
def test_percentiles_are_right_within_ten_percent(durations: list[float]) -> None:
    found = Percentiles.of(Counter(map(histogram_step, durations)))
    assert found
    durations.sort()
    for share, percentile in ((0.5, found.p50), (0.95, found.p95), (0.99, found.p99)):
        right = next(seconds for rank, seconds in enumerate(durations, 1) if rank >= len(durations) * share)
        assert percentile == pytest.approx(right, rel=0.1)


@pytest.mark.parametrize("seconds", [-5.0, 0.0, 1e-9, 1e12])
def test_any_duration_has_a_step(seconds: float) -> None:
    assert Percentiles.of({histogram_step(seconds): 1})


# Verbs of the property test: each does something to a queue of a few jobs, and says what should be counted.

Verb = Callable[[Store, int], Iterator[str]]


def enqueue(store: Store, number: int) -> Iterator[str]:
    store.queue.enqueue(NewJob(command="true", max_retries=number % 3, backoff_base=0))
    yield "enqueued"


def enqueue_later(store: Store, _: int) -> Iterator[str]:
    store.queue.enqueue(NewJob(command="true", delay=3600))
    yield "enqueued"


def enqueue_many(store: Store, number: int) -> Iterator[str]:
    with closing(Store(store.path, durable=False)) as other:
        batch = other.batch()
        batch.stage([(place, NewJob(command="true", max_retries=1)) for place in range(number)])
        batch.commit()
    yield from ["enqueued"] * number


def claim(store: Store, number: int) -> Iterator[str]:
    take(store, "w1", number)
    yield from ()


def report(store: Store, number: int) -> Iterator[str]:
    """Several ends in one transaction."""
    held = list(store.leases.held("w1"))[:number]
    with store.transaction():
        for place, lease in enumerate(held):
            if (number + place) % 2:
                store.leases.complete(lease, SUCCESS)
            else:
                store.leases.fail(lease, FAILURE)
    for lease in held:
        yield from ended(store, lease.seq)


def release(store: Store, number: int) -> Iterator[str]:
    for lease in list(store.leases.held("w1"))[:number]:
        store.leases.release(lease, NOTHING)
        yield from ended(store, lease.seq)


def lose(store: Store, _: int) -> Iterator[str]:
    held = list(store.leases.held("w1"))
    store.workers.remove("w1")
    for lease in held:
        yield from ended(store, lease.seq)


def ended(store: Store, seq: int) -> list[str]:
    [state] = [State(row[0]) for row in rows(store, "SELECT state FROM job WHERE seq = ?", seq)]
    return {State.PENDING: [], State.DEAD: ["failed", "dead"]}.get(state, [state.value])


def cancel(store: Store, number: int) -> Iterator[str]:
    for job_id in some(store, number):
        before = store.jobs.get(job_id).state
        with suppress(QueueError):
            store.queue.cancel(job_id)
            if before is not State.PROCESSING:
                yield "cancelled"


def retry(store: Store, number: int) -> Iterator[str]:
    for job_id in some(store, number):
        with suppress(QueueError):
            store.queue.retry(job_id)
    store.bulk.step(Action.RETRY, Filter((State.DEAD,)), most=number)
    yield from ()


def delete(store: Store, number: int) -> Iterator[str]:
    for job_id in some(store, number):
        store.queue.delete(job_id, force=True)
    yield from ()


def clear(store: Store, number: int) -> Iterator[str]:
    store.bulk.step(Action.DELETE, Filter((State.DEAD,)), most=number)
    store.queue.expire(-1, number)
    yield from ()


def crash(store: Store, number: int) -> Iterator[str]:
    """Neither of a transaction that was undone nor of a part of one is anything counted."""
    with suppress(ZeroDivisionError), store.transaction():
        with suppress(ZeroDivisionError), store.transaction():
            list(enqueue(store, number))
            raise ZeroDivisionError
        list(enqueue(store, number))
        list(claim(store, number))
        raise ZeroDivisionError
    with store.transaction():
        with suppress(ZeroDivisionError), store.transaction():
            list(enqueue(store, number))
            raise ZeroDivisionError
        yield from enqueue(store, number)


def compact(store: Store, _: int) -> Iterator[str]:
    store.series.compact()
    yield from ()


def some(store: Store, number: int) -> list[str]:
    return [row[0] for row in rows(store, "SELECT id FROM job WHERE seq % 3 = ? LIMIT 2", number % 3)]


def rows(store: Store, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(store.path)) as connection:
        return connection.execute(sql, parameters).fetchall()


def set_back(database: Path, since: int, at: int) -> None:
    """What was counted from `since` on was counted at `at`."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "INSERT INTO series SELECT -?, queue, measure, sum(number) FROM series WHERE at >= ? GROUP BY 2, 3",
            (at, since),
        )
        connection.execute("DELETE FROM series WHERE at >= ?", (since,))
        connection.execute("UPDATE series SET at = -at WHERE at < 0")


verbs: st.SearchStrategy[Verb] = st.sampled_from(
    [enqueue, enqueue_later, enqueue_many, claim, report, release, lose, cancel, retry, delete, clear, crash, compact]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(begun=st.integers(1, 8), done=st.lists(st.tuples(verbs, st.integers(1, 8)), min_size=10, max_size=40))
def test_whatever_is_done_the_flows_and_the_depth_over_time_are_right(
    migrated: Path, tmp_path: Path, begun: int, done: list[tuple[Verb, int]]
) -> None:
    """Each verb is done in a step of its own, from 25 days ago on."""
    database = tmp_path / "queue.db"
    database.write_bytes(migrated.read_bytes())
    first = (int(time.time()) // STEP - 100) * STEP
    flows: dict[int, Counter[str]] = {}
    depths: dict[int, int] = {}
    with closing(Store(database, durable=False)) as store:
        for place, (verb, number) in enumerate([(enqueue_many, begun), *done]):
            at = first + place * STEP
            flows[at] = Counter(verb(store, number))
            set_back(database, first + len(done) * STEP + 1, at)
            counts = store.jobs.counts()
            depths[at] = counts[State.PENDING] + counts[State.FAILED]
        points = store.series.chart("30d").points
    depth = 0
    assert len(points) == SPANS["30d"][0]
    for point in points:
        seconds = int(point.at)
        depth = depths.get(seconds, depth)
        assert (seconds, point.waiting) == (seconds, depth)
        assert told(point) == flows.get(seconds, Counter())


def told(point: Point) -> Counter[str]:
    return +Counter({name: getattr(point, name) for name in FLOWS})


def test_a_queue_has_series_of_its_own(store: Store) -> None:
    for queue, number in (("a", 2), ("b", 3)):
        for _ in range(number):
            store.queue.enqueue(NewJob(command="true", queue=queue))
    [claim] = take(store, "w1", 1, ["a"])
    store.leases.complete(claim.lease, SUCCESS)
    assert [total(store, "enqueued", queue) for queue in (None, "a", "b", "c")] == [5, 2, 3, 0]
    assert [store.series.chart("5m", queue).points[-1].waiting for queue in (None, "a", "b", "c")] == [4, 1, 3, 0]
    charts = [store.series.chart("5m", queue) for queue in ("a", "b")]
    assert [chart.run is not None for chart in charts] == [chart.wait is not None for chart in charts] == [True, False]
    recent = store.series.recent()
    assert (list(recent), sum(recent["a"]), len(recent["a"])) == (["a"], 1, series.RECENT)


def total(store: Store, flow: str, queue: str | None = None) -> int:
    return sum(getattr(point, flow) for point in store.series.chart("5m", queue).points)


def test_a_large_batch_is_counted(store: Store) -> None:
    batch = store.batch()
    batch.stage([(place, NewJob(command="true", queue="ab"[place % 2])) for place in range(TOLD_ONE_BY_ONE + 1)])
    batch.commit()
    assert total(store, "enqueued") == store.series.chart("5m").points[-1].waiting == TOLD_ONE_BY_ONE + 1


def test_waits_and_runs_are_measured(store: Store, database: Path) -> None:
    store.queue.enqueue(NewJob(id="a", command="true"))
    hour, day = 3600, DAY  # in whose steps of the histogram there is room for what the test itself takes
    move(database, f"next_run_at = next_run_at - {hour}, created_at = created_at - {hour}")
    claim = claim_one(store)
    move(database, f"started_at = started_at - {day}")
    store.leases.complete(claim.lease, Ended(0, None, NOTHING))
    chart = store.series.chart("5m")
    assert chart.wait and chart.run
    assert chart.wait.p99 == pytest.approx(hour, rel=0.1)
    assert chart.run.p50 == pytest.approx(day, rel=0.1)
    [attempt] = store.jobs.history(claim.lease.seq)
    assert attempt.due_at == pytest.approx(store.jobs.get("a").created_at)


def test_a_job_for_a_time_long_past_waits_from_its_arrival_on(store: Store) -> None:
    store.queue.enqueue(NewJob.model_validate({"id": "a", "command": "true", "run_at": "2001-01-01T00:00:00Z"}))
    [attempt] = store.jobs.history(claim_one(store).lease.seq)
    assert attempt.due_at == store.jobs.get("a").created_at


def test_a_released_attempt_counts_as_no_run(store: Store) -> None:
    store.queue.enqueue(NewJob(command="true"))
    store.leases.release(claim_one(store).lease, NOTHING)
    chart = store.series.chart("5m")
    assert (chart.run, chart.points[-1].waiting, total(store, "failed")) == (None, 1, 0)


def move(database: Path, change: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(f"UPDATE job SET {change}")


def test_a_depth_is_never_less_than_none_whoever_sets_the_clock(store: Store, database: Path) -> None:
    store.queue.enqueue(NewJob(id="a", command="true"))
    hour = 3600
    now = int(time.time())
    set_back(database, 0, now - hour)
    claim = claim_one(store)  # an hour from now, as the clock said
    set_back(database, now - 60, now + hour)
    store.leases.complete(claim.lease, SUCCESS)
    for span in SPANS:
        points = store.series.chart(span).points
        assert points[-1].waiting == 0
        assert min(point.waiting for point in points) == 0


# Growing old


def fill(database: Path, ages: range) -> Counter[tuple[str, str]]:
    """Rows as if something had been counted at all these ages, in seconds; returns how often."""
    now = int(time.time()) // 10 * 10
    rows = [
        (now - age, f"q{queue}", measure, 1 + age % 7)
        for age in ages
        for queue in range(2)
        for measure in ("completed", "waiting")
    ]
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executemany(
            "INSERT INTO series VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET number = number + excluded.number", rows
        )
    counted: Counter[tuple[str, str]] = Counter()
    for _, queue, measure, number in rows:
        counted[queue, measure] += number
    return counted


def sums(store: Store) -> Counter[tuple[str, str]]:
    found = rows(store, "SELECT queue, measure, sum(number) FROM series GROUP BY 1, 2")
    return Counter({(queue, measure): number for queue, measure, number in found})


def moments(store: Store) -> int:
    return int(rows(store, "SELECT count(DISTINCT at) FROM series")[0][0])


def test_rows_become_coarser_with_age_and_charts_stay_the_same(store: Store, database: Path) -> None:
    counted = fill(database, range(0, 30 * DAY, 600 * 7 + 10))
    counted += fill(database, range(20, DAY, 40))
    with closing(sqlite3.connect(database)) as connection, connection:  # that many wait now
        connection.execute("INSERT INTO tally VALUES ('q0', 'pending', ?)", (counted["q0", "waiting"],))
    before = {span: store.series.chart(span) for span in SPANS}
    now = time.time()
    store.series.compact()
    assert sums(store) == counted
    for age, step in series.COARSER:
        assert rows(store, "SELECT count(*) FROM series WHERE at < ? AND at % ?", int(now - age) - step, step) == [(0,)]
    compacted = moments(store)
    assert compacted <= 720 + 576 + 144 + 92 + 4
    for span, chart in before.items():
        now_shown = {point.at: point for point in store.series.chart(span).points}
        assert all(now_shown[point.at] == point for point in chart.points if point.at in now_shown)
    store.series.compact()
    assert sums(store) == counted
    assert moments(store) <= compacted


def test_what_is_older_than_a_month_is_dropped(store: Store, database: Path) -> None:
    fill(database, range(31 * DAY + 10, 40 * DAY, 6 * 3600))
    kept = fill(database, range(0, 30 * DAY, 6 * 3600))
    store.series.compact()
    assert sums(store) == kept


def test_there_are_never_more_rows_than_allowed(store: Store, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MOST_ROWS", 1000)
    fill(database, range(0, 30 * DAY, 3600))
    fill(database, range(10, 3600, 10))
    fill(database, range(-400 * DAY, -399 * DAY, 3600))  # the clock was set back
    store.series.compact()
    [(left, oldest, newest)] = rows(store, "SELECT count(*), min(at), max(at) FROM series")
    assert 0 < left <= 1000
    assert newest > time.time() - 300, "the newest stay"
    assert newest < time.time() + 300, "what is of another time goes first"
    assert oldest < time.time() - 3600, "it becomes coarser before it is dropped"


def shrunk_by(store: Store, number: int, compacting: list[subprocess.Popen[bytes]]) -> None:
    """Returns once these have merged so many, or all there were."""
    enough = moments(store) - number
    eventually(lambda: moments(store) <= enough or all(process.poll() is not None for process in compacting))


COMPACT = """
import sys
from pathlib import Path
from queuectl_core.sqlite.store import Store
with Store(Path(sys.argv[1]), durable=False) as store:
    print("begun", flush=True)
    store.series.compact()
"""


def test_nothing_is_lost_or_doubled_where_several_compact_and_some_are_killed(store: Store, database: Path) -> None:
    counted = fill(database, range(0, 5 * DAY, 30))
    started = int(time.time())
    for killed in range(3):
        compacting = [
            subprocess.Popen([sys.executable, "-c", COMPACT, database], stdout=subprocess.PIPE) for _ in range(2)
        ]
        for process in compacting:
            assert process.stdout
            assert process.stdout.readline() == b"begun\n"
        shrunk_by(store, 50, compacting)
        store.queue.enqueue(NewJob(command="true", queue=f"new{killed}"))
        compacting[0].send_signal(signal.SIGKILL)
        if killed < 2:
            compacting[1].send_signal(signal.SIGKILL)
        for process in compacting:
            process.communicate()
        assert sums(store) - counted == Counter(
            {(f"new{number}", measure): 1 for number in range(killed + 1) for measure in ("enqueued", "waiting")}
        )
        assert not counted - sums(store)
    assert rows(store, "SELECT count(*) FROM series WHERE at < ? AND at % 300", started - 2 * 3600 - 300) == [(0,)]


def test_a_worker_that_is_gone_leaves_a_failure(store: Store) -> None:
    store.queue.enqueue(NewJob(command="true", max_retries=0))
    take(store, register(store, "gone", lease_seconds=-1), 1)
    assert store.workers.reap() == ["gone"]
    assert (total(store, "failed"), total(store, "dead")) == (1, 1)
