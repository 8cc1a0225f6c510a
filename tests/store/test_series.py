"""Series for charts: every change is counted once, and the depth over time is right."""

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queuectl_core.model.attempt import NOTHING, Ended
from queuectl_core.model.bulk import Action
from queuectl_core.model.errors import QueueError
from queuectl_core.model.filter import Filter
from queuectl_core.model.job import Job
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.series import SPANS, Point
from queuectl_core.model.sort import Sort
from queuectl_core.model.state import State
from queuectl_core.store import series
from queuectl_core.store.store import Store
from tests.running import eventually
from tests.store.attempts import FAILURE, SUCCESS, claim_one, register, take
from tests.store.backend import Backend, MakeBackend

STEP = SPANS["30d"][1]
FLOWS = ("enqueued", "completed", "failed", "dead", "cancelled")
DAY = 86_400


# Verbs of the property test: each does something to a queue of a few jobs, and says what should be counted.

Verb = Callable[[Store, int], Iterator[str]]


def enqueue(store: Store, number: int) -> Iterator[str]:
    store.enqueue(NewJob(command="true", max_retries=number % 3, backoff_base=0))
    yield "enqueued"


def enqueue_later(store: Store, _: int) -> Iterator[str]:
    store.enqueue(NewJob(command="true", delay=3600))
    yield "enqueued"


def enqueue_many(store: Store, number: int) -> Iterator[str]:
    """The store's only batch."""
    batch = store.batch()
    batch.stage([(place, NewJob(command="true", max_retries=1)) for place in range(number)])
    batch.commit()
    yield from ["enqueued"] * number


def claim(store: Store, number: int) -> Iterator[str]:
    take(store, "w1", number)
    yield from ()


def report(store: Store, number: int) -> Iterator[str]:
    """Several ends in one transaction."""
    held = list(store.reports.held("w1"))[:number]
    with store.transaction():
        for place, lease in enumerate(held):
            if (number + place) % 2:
                store.reports.complete(lease, SUCCESS)
            else:
                store.reports.fail(lease, FAILURE)
    for lease in held:
        yield from ended(store, lease.seq)


def release(store: Store, number: int) -> Iterator[str]:
    for lease in list(store.reports.held("w1"))[:number]:
        store.reports.hand_back(lease, NOTHING)
        yield from ended(store, lease.seq)


def lose(store: Store, _: int) -> Iterator[str]:
    held = list(store.reports.held("w1"))
    store.workers.remove("w1")
    for lease in held:
        yield from ended(store, lease.seq)


def ended(store: Store, seq: int) -> list[str]:
    [state] = [job.state for job in oldest_first(store) if job.seq == seq]
    return {State.PENDING: [], State.DEAD: ["failed", "dead"]}.get(state, [state.value])


def cancel(store: Store, number: int) -> Iterator[str]:
    for job_id in some(store, number):
        before = store.jobs.get(job_id).state
        with suppress(QueueError):
            store.actions.cancel(job_id)
            if before is not State.PROCESSING:
                yield "cancelled"


def retry(store: Store, number: int) -> Iterator[str]:
    for job_id in some(store, number):
        with suppress(QueueError):
            store.actions.retry(job_id)
    store.bulk.step(Action.RETRY, Filter((State.DEAD,)), most=number)
    yield from ()


def delete(store: Store, number: int) -> Iterator[str]:
    for job_id in some(store, number):
        store.actions.delete(job_id, force=True)
    yield from ()


def clear(store: Store, number: int) -> Iterator[str]:
    store.bulk.step(Action.DELETE, Filter((State.DEAD,)), most=number)
    store.actions.expire(-1, number)
    yield from ()


def crash(store: Store, number: int) -> Iterator[str]:
    """Nothing is counted of a transaction, or a part of one, that was rolled back."""
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
    return [job.id for job in oldest_first(store) if job.seq % 3 == number % 3][:2]


def oldest_first(store: Store) -> list[Job]:
    return store.jobs.page(Filter(), limit=1000, sort=Sort.OLDEST).items


verbs: st.SearchStrategy[Verb] = st.sampled_from(
    [enqueue, enqueue_later, enqueue_many, claim, report, release, lose, cancel, retry, delete, clear, crash, compact]
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(begun=st.integers(1, 8), done=st.lists(st.tuples(verbs, st.integers(1, 8)), min_size=10, max_size=40))
def test_flows_and_depth_over_time_are_right_after_any_verbs(
    make_backend: MakeBackend, begun: int, done: list[tuple[Verb, int]]
) -> None:
    """Each verb is done in a step of its own, from 25 days ago on."""
    first = (int(time.time()) // STEP - 100) * STEP
    flows: dict[int, Counter[str]] = {}
    depths: dict[int, int] = {}
    with closing(make_backend()) as backend:
        store = backend.open_store()
        for place, (verb, number) in enumerate([(enqueue_many, begun), *done]):
            at = first + place * STEP
            flows[at] = Counter(verb(backend.open_store() if verb is enqueue_many else store, number))
            backend.move_series(first + len(done) * STEP + 1, at)
            counts = store.jobs.counts()
            depths[at] = counts[State.PENDING] + counts[State.FAILED]
        points = store.series.chart("30d").points
        counters = Counter(store.counters.all()["default"])
    assert {name: counters[name] for name in FLOWS} == {name: sum(flows.values(), Counter())[name] for name in FLOWS}
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
            store.enqueue(NewJob(command="true", queue=queue))
    [claim] = take(store, "w1", 1, ["a"])
    store.reports.complete(claim.lease, SUCCESS)
    assert [total(store, "enqueued", queue) for queue in (None, "a", "b", "c")] == [5, 2, 3, 0]
    assert [store.series.chart("5m", queue).points[-1].waiting for queue in (None, "a", "b", "c")] == [4, 1, 3, 0]
    charts = [store.series.chart("5m", queue) for queue in ("a", "b")]
    assert [chart.run is not None for chart in charts] == [chart.wait is not None for chart in charts] == [True, False]
    recent = store.series.recent()
    assert (list(recent), sum(recent["a"]), len(recent["a"])) == (["a"], 1, series.RECENT)


def total(store: Store, flow: str, queue: str | None = None) -> int:
    return sum(getattr(point, flow) for point in store.series.chart("5m", queue).points)


def test_a_large_batch_is_counted(store: Store, backend: Backend) -> None:
    batch = store.batch()
    batch.stage([(place, NewJob(command="true", queue="ab"[place % 2])) for place in range(backend.large_batch)])
    batch.commit()
    assert total(store, "enqueued") == store.series.chart("5m").points[-1].waiting == backend.large_batch


def test_waits_and_runs_are_measured(store: Store, backend: Backend) -> None:
    store.enqueue(NewJob(id="a", command="true"))
    hour, day = 3600, DAY  # in whose steps of the histogram there is room for what the test itself takes
    backend.shift_jobs(-hour)
    created_at = store.jobs.get("a").created_at
    claim = claim_one(store)
    backend.shift_jobs(-day)
    store.reports.complete(claim.lease, Ended(0, None, NOTHING))
    chart = store.series.chart("5m")
    assert chart.wait and chart.run
    assert chart.wait.p99 == pytest.approx(hour, rel=0.1)
    assert chart.run.p50 == pytest.approx(day, rel=0.1)
    [attempt] = store.jobs.history(claim.lease.seq)
    assert attempt.due_at == pytest.approx(created_at)


def test_a_job_due_in_the_past_waits_from_its_enqueue_on(store: Store) -> None:
    store.enqueue(NewJob.model_validate({"id": "a", "command": "true", "run_at": "2001-01-01T00:00:00Z"}))
    [attempt] = store.jobs.history(claim_one(store).lease.seq)
    assert attempt.due_at == store.jobs.get("a").created_at


def test_a_handed_back_attempt_counts_as_no_run(store: Store) -> None:
    store.enqueue(NewJob(command="true"))
    store.reports.hand_back(claim_one(store).lease, NOTHING)
    chart = store.series.chart("5m")
    assert (chart.run, chart.points[-1].waiting, total(store, "failed")) == (None, 1, 0)


def test_the_depth_is_never_negative_if_the_clock_is_set(store: Store, backend: Backend) -> None:
    store.enqueue(NewJob(id="a", command="true"))
    hour = 3600
    now = int(time.time())
    backend.move_series(0, now - hour)
    claim = claim_one(store)  # an hour from now, as the clock said
    backend.move_series(now - 60, now + hour)
    store.reports.complete(claim.lease, SUCCESS)
    for span in SPANS:
        points = store.series.chart(span).points
        assert points[-1].waiting == 0
        assert min(point.waiting for point in points) == 0


# Compaction


def fill(backend: Backend, ages: range) -> Counter[tuple[str, str]]:
    """Rows as if something had been counted at all these ages, in seconds; returns how often."""
    now = int(time.time()) // 10 * 10
    rows = [
        (now - age, f"q{queue}", measure, 1 + age % 7)
        for age in ages
        for queue in range(2)
        for measure in ("completed", "waiting")
    ]
    backend.add_to_series(rows)
    counted: Counter[tuple[str, str]] = Counter()
    for _, queue, measure, number in rows:
        counted[queue, measure] += number
    return counted


def sums(backend: Backend) -> Counter[tuple[str, str]]:
    counted: Counter[tuple[str, str]] = Counter()
    for _, queue, measure, number in backend.series():
        counted[queue, measure] += number
    return counted


def moments(backend: Backend) -> list[int]:
    """The distinct times of the rows, oldest first."""
    return sorted({at for at, *_ in backend.series()})


def finer(backend: Backend, step: int, before: float) -> list[int]:
    """Times of rows before that moment that are not yet merged into steps of that many seconds."""
    return [at for at in moments(backend) if at < before and at % step]


def test_rows_become_coarser_with_age_and_charts_stay_the_same(store: Store, backend: Backend) -> None:
    counted = fill(backend, range(0, 30 * DAY, 600 * 7 + 10))
    counted += fill(backend, range(20, DAY, 40))
    backend.set_waiting("q0", counted["q0", "waiting"])
    before = {span: store.series.chart(span) for span in SPANS}
    now = time.time()
    store.series.compact()
    assert sums(backend) == counted
    for age, step in series.COARSER:
        assert finer(backend, step, int(now - age) - step) == []
    compacted = len(moments(backend))
    assert compacted <= 720 + 576 + 144 + 92 + 4
    for span, chart in before.items():
        now_shown = {point.at: point for point in store.series.chart(span).points}
        assert all(now_shown[point.at] == point for point in chart.points if point.at in now_shown)
    store.series.compact()
    assert sums(backend) == counted
    assert len(moments(backend)) <= compacted


def test_rows_older_than_a_month_are_dropped(store: Store, backend: Backend) -> None:
    fill(backend, range(31 * DAY + 10, 40 * DAY, 6 * 3600))
    kept = fill(backend, range(0, 30 * DAY, 6 * 3600))
    store.series.compact()
    assert sums(backend) == kept


def test_the_number_of_rows_is_bounded(store: Store, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MOST_ROWS", 1000)
    fill(backend, range(0, 30 * DAY, 3600))
    fill(backend, range(10, 3600, 10))
    fill(backend, range(-400 * DAY, -399 * DAY, 3600))  # the clock was set back
    store.series.compact()
    assert 0 < len(backend.series()) <= 1000
    oldest, *_, newest = moments(backend)
    assert newest > time.time() - 300, "the newest stay"
    assert newest < time.time() + 300, "what is of another time goes first"
    assert oldest < time.time() - 3600, "it becomes coarser before it is dropped"


def shrunk_by(backend: Backend, number: int, compacting: list[subprocess.Popen[bytes]]) -> None:
    """Return once these have merged that many, or all there were."""
    enough = len(moments(backend)) - number
    eventually(lambda: len(moments(backend)) <= enough or all(process.poll() is not None for process in compacting))


COMPACT = """
import sys
from queuectl_core.store.open import open_store
with open_store(sys.argv[1], durable=False) as store:
    print("begun", flush=True)
    store.series.compact()
"""


def test_concurrent_and_killed_compactions_lose_and_double_nothing(store: Store, backend: Backend) -> None:
    counted = fill(backend, range(0, DAY, 30))
    started = int(time.time())
    for killed in range(3):
        compacting = [
            subprocess.Popen([sys.executable, "-c", COMPACT, backend.url], stdout=subprocess.PIPE) for _ in range(2)
        ]
        for process in compacting:
            assert process.stdout
            assert process.stdout.readline() == b"begun\n"
        shrunk_by(backend, 50, compacting)
        store.enqueue(NewJob(command="true", queue=f"new{killed}"))
        compacting[0].send_signal(signal.SIGKILL)
        if killed < 2:
            compacting[1].send_signal(signal.SIGKILL)
        for process in compacting:
            process.communicate()
        assert sums(backend) - counted == Counter(
            {(f"new{number}", measure): 1 for number in range(killed + 1) for measure in ("enqueued", "waiting")}
        )
        assert not counted - sums(backend)
    assert finer(backend, 300, started - 2 * 3600 - 300) == []


def test_a_lost_worker_counts_as_a_failure(store: Store) -> None:
    store.enqueue(NewJob(command="true", max_retries=0))
    take(store, register(store, "gone", lease_seconds=-1), 1)
    assert store.workers.reap_expired() == ["gone"]
    assert (total(store, "failed"), total(store, "dead")) == (1, 1)
