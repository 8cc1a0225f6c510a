"""Lists: filters, orders, pages, counts."""

import time
from collections.abc import Iterator
from pathlib import Path
from shutil import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queuectl_core.errors import InvalidCursor
from queuectl_core.failure import failure
from queuectl_core.job import Job
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite import jobs
from queuectl_core.sqlite.filter import Filter
from queuectl_core.sqlite.store import Store
from queuectl_core.sqlite.walk import Sort
from queuectl_core.state import ENDED, State
from tests.core.working import brought_to, claim_one

START = 1_700_000_000.0
HOUR = 3600.0
COMMANDS = ("ffmpeg -i 100%_done.mov", "FFMPEG b", "true")


def ids(store: Store, chosen: Filter) -> list[str]:
    return [job.id for job in store.jobs.page(chosen, limit=100).items]


@pytest.fixture
def filled(store: Store) -> Store:
    store.queue.enqueue(NewJob(id="a", command="ffmpeg -i 100%_done.mov", queue="media", tags=["nightly"]))
    store.queue.enqueue(NewJob(id="b", command="FFMPEG b", tags=["nightly", "big"]))
    store.queue.enqueue(NewJob(id="c", command="true", queue="media"))
    store.queue.cancel("c")
    return store


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Filter(), ["c", "b", "a"]),
        (Filter(states=(State.PENDING,)), ["b", "a"]),
        (Filter(states=(State.PENDING, State.CANCELLED), queue="media"), ["c", "a"]),
        (Filter(tag="nightly"), ["b", "a"]),
        (Filter(tag="big", queue="media"), []),
        (Filter(text="ffmpeg"), ["b", "a"]),
        (Filter(text="%_"), ["a"]),
        (Filter(text="\\"), []),
        (Filter(text="\0"), []),
        (Filter(text="C"), ["c"]),
        (Filter(error="CANCEL"), ["c"]),
        (Filter(command="true"), ["c"]),
        (Filter(worker="w1"), []),
        (Filter(since=1.0), ["c", "b", "a"]),
        (Filter(until=1.0), []),
    ],
)
def test_filters_narrow_the_list(filled: Store, chosen: Filter, expected: list[str]) -> None:
    assert ids(filled, chosen) == expected


@pytest.fixture(scope="module")
def varied(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """72 jobs of all kinds, some of which ended at the same moment; the clock was set back, and on, between them.

    A page looks at five of them only.
    """
    database = Path(copy(migrated, tmp_path_factory.mktemp("varied") / "queue.db"))
    with Store(database, durable=False) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "ON_A_PAGE", 5)
        for number in range(72):
            set_back = -10 * HOUR if 24 <= number < 48 else 0
            moment = START + number // 3 * HOUR / 2 + set_back
            patch.setattr(time, "time", lambda moment=moment: moment)
            brought_to(
                store,
                list(State)[number * 5 % 6],
                priority=number,
                worker=f"w{number % 2}",
                command=COMMANDS[number % 3],
                queue="pqr"[number // 5 % 3],
                tags=["x", "y"][: number % 4],
            )
        yield store


moments = st.none() | st.integers(-22, 24).map(lambda halves: START + halves * HOUR / 2)
filters = st.builds(
    Filter,
    states=st.lists(st.sampled_from(State), unique=True, max_size=3).map(tuple),
    queue=st.sampled_from([None, None, "p", "q", "z"]),
    text=st.sampled_from([None, None, None, "ffmpeg", "%_", "zz", "\0"]),
    tag=st.sampled_from([None, None, "x", "y", "z"]),
    worker=st.sampled_from([None, None, None, "w0", "w9"]),
    error=st.sampled_from([None, None, None, "EXIT status", "cancel"]),
    command=st.sampled_from([None, None, None, *COMMANDS]),
    since=moments,
    until=moments,
    failure=st.sampled_from([None, None, None, "true ⇒ exit status 3", "FFMPEG b ⇒ exit status 3", "x"]),
)


def holds(chosen: Filter, job: Job) -> bool:
    """Whether the filter chooses the job, said in another way."""
    died_of = failure(job.command, job.error, job.worker) if job.state is State.DEAD else None
    return all(
        (
            not chosen.states or job.state in chosen.states,
            chosen.queue in (None, job.queue),
            chosen.text is None or chosen.text.lower() in f"{job.command}\n{job.id}".lower(),
            chosen.tag is None or chosen.tag in job.tags,
            chosen.worker in (None, job.worker),
            chosen.error is None or chosen.error.lower() in (job.error or "").lower(),
            chosen.command in (None, job.command),
            chosen.since is None or job.created_at >= chosen.since,
            chosen.until is None or job.created_at < chosen.until,
            chosen.failure in (None, died_of),
        )
    )


def pages(store: Store, chosen: Filter, sort: Sort, limit: int) -> Iterator[list[Job]]:
    cursor = None
    while True:
        page = store.jobs.page(chosen, limit=limit, cursor=cursor, sort=sort)
        yield page.items
        cursor = page.next_cursor
        if cursor is None:
            return


@given(chosen=filters, sort=st.sampled_from(Sort), limit=st.integers(1, 9))
@settings(deadline=None, max_examples=400)
def test_a_list_holds_what_is_chosen_in_its_order_and_each_once(
    varied: Store, chosen: Filter, sort: Sort, limit: int
) -> None:
    everything = varied.jobs.page(Filter(), limit=100).items
    assert len(everything) == 72
    expected = [job for job in everything if holds(chosen, job) and (not sort.by_end or job.state in ENDED)]
    expected.sort(key=lambda job: (job.finished_at if sort.by_end else 0, job.seq), reverse=sort.descending)
    found = list(pages(varied, chosen, sort, limit))
    assert max(map(len, found)) <= limit
    assert [job.id for page in found for job in page] == [job.id for job in expected]


@given(chosen=filters)
@settings(deadline=None)
def test_a_count_is_that_of_the_list(varied: Store, chosen: Filter) -> None:
    everything = varied.jobs.page(Filter(), limit=100).items
    assert varied.jobs.count(chosen) == (sum(holds(chosen, job) for job in everything), True)


def test_a_count_says_where_it_stopped(varied: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "COUNTED", 30)
    assert varied.jobs.count(Filter(command="true")) == (10, False)
    assert varied.jobs.count(Filter(states=(State.DEAD, State.COMPLETED))) == (24, True)


@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.OLDEST])
def test_pages_show_every_job_once_while_others_come_and_go(store: Store, sort: Sort) -> None:
    expected = {store.queue.enqueue(NewJob(id=f"j{number}", command="true")) for number in range(25)}
    seen: list[str] = []
    for page in pages(store, Filter(), sort, 10):
        seen += [job.id for job in page]
        if len(seen) == 10:
            store.queue.delete(seen[0])
            store.queue.enqueue(NewJob(id="new", command="true"))
    assert len(seen) == len(set(seen))
    assert set(seen) - {"new"} == expected


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("cursor", ["", "x", "-1", "1;drop", "9" * 30, "²", "1:2:3", "1.5", "nan:1", ":"])
def test_a_cursor_from_elsewhere_is_refused(store: Store, cursor: str, sort: Sort) -> None:
    with pytest.raises(InvalidCursor):
        store.jobs.page(Filter(), limit=1, cursor=cursor, sort=sort)


def test_a_cursor_of_another_order_is_refused(store: Store) -> None:
    for sort, cursor in ((Sort.NEWEST, "1700000000.5:7"), (Sort.ENDED_LAST, "7")):
        with pytest.raises(InvalidCursor):
            store.jobs.page(Filter(), limit=1, cursor=cursor, sort=sort)


def test_tags_are_told_by_how_they_begin(varied: Store, store: Store) -> None:
    assert varied.jobs.tags("", 9) == ["x", "y"]
    store.queue.enqueue(NewJob(command="true", tags=["nightly", "night", "n", "o", "a"]))
    store.queue.enqueue(NewJob(command="true", tags=["night.2"]))
    assert store.jobs.tags("night", 9) == ["night", "night.2", "nightly"]
    assert store.jobs.tags("", 2) == ["a", "n"]
    assert store.jobs.tags("z", 9) == []


def test_runs_of_a_command_are_told_oldest_first_with_the_job_itself(store: Store) -> None:
    old = brought_to(store, State.DEAD, command="make")
    brought_to(store, State.COMPLETED, command="other")
    later = [brought_to(store, state, command="make") for state in (State.COMPLETED, State.FAILED, State.PROCESSING)]
    waiting = brought_to(store, State.PENDING, command="make")
    assert [run.job_id for run in store.jobs.runs(waiting, 9)] == [old, *later]
    assert [run.job_id for run in store.jobs.runs(old, 2)] == [old, later[-1]]
    dead, *_, running = store.jobs.runs(old, 9)
    assert (dead.state, dead.exit_code, running.ended_at) == (State.DEAD, 3, None)
    assert dead.ended_at is not None
    assert dead.ended_at >= dead.started_at


def test_runs_are_looked_for_among_the_newest_jobs(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    old, _, new = (brought_to(store, State.COMPLETED) for _ in range(3))
    monkeypatch.setattr(jobs, "LATEST", 1)
    assert [run.job_id for run in store.jobs.runs(old, 9)] == [old, new]


def test_a_retried_job_that_runs_again_shows_its_latest_run(store: Store) -> None:
    job_id = brought_to(store, State.DEAD)
    store.queue.retry(job_id)
    claim_one(store)
    [run] = store.jobs.runs(job_id, 9)
    assert (run.state, run.ended_at) == (State.PROCESSING, None)
