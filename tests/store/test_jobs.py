"""Lists: filters, orders, pages, counts."""

import time
from collections.abc import Iterator
from contextlib import closing
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queuectl_core.model.attempt import Ended, Printed
from queuectl_core.model.errors import InvalidCursor
from queuectl_core.model.failure import failure
from queuectl_core.model.filter import Filter
from queuectl_core.model.job import Job
from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.model.sort import Sort
from queuectl_core.model.state import ENDED, State
from queuectl_core.store import jobs
from queuectl_core.store.store import Store
from tests.store.attempts import claim_one, job_in_state
from tests.store.backend import MakeBackend

START = 1_700_000_000.0
HOUR = 3600.0
COMMANDS = ("ffmpeg -i 100%_done.mov", "FFMPEG b", "true")


def ids(store: Store, chosen: Filter) -> list[str]:
    return [job.id for job in store.jobs.page(chosen, limit=100).items]


@pytest.fixture
def filled(store: Store) -> Store:
    store.enqueue(NewJob(id="a", command="ffmpeg -i 100%_done.mov", queue="media", tags=["nightly"]))
    store.enqueue(NewJob(id="b", command="FFMPEG b", tags=["nightly", "big"]))
    store.enqueue(NewJob(id="c", command="true", queue="media"))
    store.actions.cancel("c")
    return store


@pytest.mark.parametrize(
    "fields",
    [{}, {"delay": 60, "max_retries": 0, "timeout": 5, "env": {"A": "b"}, "cwd": "/tmp", "tags": ["b", "a"]}],
    ids=["by default", "with settings"],
)
def test_a_new_job_is_returned_as_it_is_read_later(store: Store, fields: dict[str, object]) -> None:
    store.config.set("max-retries", 7)
    new = store.enqueued(NewJob.model_validate({"command": "true", "limits": {"memory": 10_000_000}} | fields)).job
    assert new == store.jobs.get(new.id)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Filter(), ["c", "b", "a"]),
        (Filter(states=(State.PENDING,)), ["b", "a"]),
        (Filter(states=(State.PENDING, State.CANCELLED), queues=("media",)), ["c", "a"]),
        (Filter(tags=("nightly",)), ["b", "a"]),
        (Filter(tags=("big",), queues=("media",)), []),
        (Filter(queues=("media", "none")), ["c", "a"]),
        (Filter(tags=("nightly", "big")), ["b", "a"]),
        (Filter(text="ffmpeg"), ["b", "a"]),
        (Filter(text="%_"), ["a"]),
        (Filter(text="\\"), []),
        (Filter(text="\0"), []),
        (Filter(text="C"), ["c"]),
        (Filter(finished_since=1.0), ["c"]),
        (Filter(finished_until=1.0), []),
        (Filter(error="CANCEL"), ["c"]),
        (Filter(command="true"), ["c"]),
        (Filter(workers=("w1",)), []),
        (Filter(enqueued_since=1.0), ["c", "b", "a"]),
        (Filter(enqueued_until=1.0), []),
    ],
)
def test_filters_narrow_the_list(filled: Store, chosen: Filter, expected: list[str]) -> None:
    assert ids(filled, chosen) == expected


@pytest.mark.parametrize("text", ["größe 100%_ÄÖÜ", "GRÖẞE 100%_äöü", "äÖü", "Ü ΟΔΌΣ", "οδός", "ΟΔΌΣ.", "%_ä", "ß"])
def test_a_text_is_found_in_upper_and_lower_case_of_every_alphabet(store: Store, text: str) -> None:
    store.enqueue(NewJob(id="a", command="echo Größe 100%_Äöü ΟΔΌΣ."))
    job_in_state(store, State.DEAD, id="b", command="Größe 100%_äÖÜ οδός.")
    store.enqueue(NewJob(command="echo Grosse grosse 100%_aou 100x_äo\N{COMBINING DIAERESIS}u"))
    assert ids(store, Filter(text=text)) == ["b", "a"]


def test_a_job_is_found_by_its_description(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="true", description="Nightly transcode"))
    store.enqueue(NewJob(id="b", command="true"))
    assert ids(store, Filter(text="TRANSCODE")) == ["a"]
    store.actions.edit("b", JobChange(description="transcode again"))
    store.actions.edit("a", JobChange(description=None))
    assert ids(store, Filter(text="transcode")) == ["b"]
    assert store.jobs.get("a").description is None


@pytest.fixture(scope="module")
def varied(make_backend: MakeBackend) -> Iterator[Store]:
    """72 jobs of all kinds, some of which ended at the same moment; the clock was set back, and on, between them.

    A page looks at five of them only.
    """
    with closing(make_backend()) as backend, pytest.MonkeyPatch.context() as patch:
        store = backend.open_store()
        patch.setattr(jobs, "READ_FOR_A_PAGE", 5)
        for number in range(72):
            set_back = -10 * HOUR if 24 <= number < 48 else 0
            moment = START + number // 3 * HOUR / 2 + set_back
            patch.setattr(time, "time", lambda moment=moment: moment)
            job_in_state(
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
    queues=st.sampled_from([(), (), ("p",), ("q",), ("z",), ("p", "z"), ("q", "p")]),
    text=st.sampled_from([None, None, None, "ffmpeg", "%_", "zz", "\0"]),
    tags=st.sampled_from([(), (), ("x",), ("y",), ("z",), ("x", "y")]),
    workers=st.sampled_from([(), (), (), ("w0",), ("w9",), ("w0", "w9")]),
    error=st.sampled_from([None, None, None, "EXIT status", "cancel"]),
    command=st.sampled_from([None, None, None, *COMMANDS]),
    enqueued_since=moments,
    enqueued_until=moments,
    finished_since=moments,
    finished_until=moments,
    failure=st.sampled_from([None, None, None, "true ⇒ exit status 3", "FFMPEG b ⇒ exit status 3", "x"]),
)


def holds(chosen: Filter, job: Job) -> bool:
    """Whether the filter chooses the job, said in another way."""
    died_of = failure(job.command, job.error, job.worker) if job.state is State.DEAD else None
    return all(
        (
            not chosen.states or job.state in chosen.states,
            not chosen.queues or job.queue in chosen.queues,
            chosen.text is None or chosen.text.lower() in f"{job.command}\n{job.id}".lower(),
            not chosen.tags or not {*chosen.tags}.isdisjoint(job.tags),
            not chosen.workers or job.worker in chosen.workers,
            chosen.error is None or chosen.error.lower() in (job.error or "").lower(),
            chosen.command in (None, job.command),
            chosen.enqueued_since is None or job.created_at >= chosen.enqueued_since,
            chosen.enqueued_until is None or job.created_at < chosen.enqueued_until,
            chosen.finished_since is None or (job.finished_at or 0) >= chosen.finished_since,
            chosen.finished_until is None or (job.finished_at or inf) < chosen.finished_until,
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
@settings(max_examples=150)
def test_a_list_has_each_selected_job_once_and_in_order(varied: Store, chosen: Filter, sort: Sort, limit: int) -> None:
    everything = varied.jobs.page(Filter(), limit=100).items
    assert len(everything) == 72
    expected = [job for job in everything if holds(chosen, job) and (not sort.by_end or job.state in ENDED)]
    expected.sort(key=lambda job: (job.finished_at if sort.by_end else 0, job.seq), reverse=sort.descending)
    found = list(pages(varied, chosen, sort, limit))
    assert max(map(len, found)) <= limit
    assert [job.id for page in found for job in page] == [job.id for job in expected]


@given(chosen=filters)
def test_a_count_matches_the_list(varied: Store, chosen: Filter) -> None:
    everything = varied.jobs.page(Filter(), limit=100).items
    assert varied.jobs.count(chosen) == (sum(holds(chosen, job) for job in everything), True)


def test_a_count_that_stopped_early_says_so(varied: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "READ_FOR_A_COUNT", 30)
    assert varied.jobs.count(Filter(command="true")) == (10, False)
    assert varied.jobs.count(Filter(states=(State.DEAD, State.COMPLETED))) == (24, True)
    assert varied.jobs.count(Filter(queues=("p", "q"))) == (50, True)


@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.OLDEST])
def test_pages_show_every_job_once_while_others_come_and_go(store: Store, sort: Sort) -> None:
    expected = {store.enqueue(NewJob(id=f"j{number}", command="true")) for number in range(25)}
    seen: list[str] = []
    for page in pages(store, Filter(), sort, 10):
        seen += [job.id for job in page]
        if len(seen) == 10:
            store.actions.delete(seen[0])
            store.enqueue(NewJob(id="new", command="true"))
    assert len(seen) == len(set(seen))
    assert set(seen) - {"new"} == expected


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("cursor", ["", "x", "-1", "1;drop", "9" * 30, "²", "1:2:3", "1.5", "nan:1", ":"])
def test_an_invalid_cursor_is_refused(store: Store, cursor: str, sort: Sort) -> None:
    with pytest.raises(InvalidCursor):
        store.jobs.page(Filter(), limit=1, cursor=cursor, sort=sort)


def test_a_cursor_of_another_sort_order_is_refused(store: Store) -> None:
    for sort, cursor in ((Sort.NEWEST, "1700000000.5:7"), (Sort.ENDED_LAST, "7")):
        with pytest.raises(InvalidCursor):
            store.jobs.page(Filter(), limit=1, cursor=cursor, sort=sort)


def test_tags_are_listed_by_prefix(varied: Store, store: Store) -> None:
    assert varied.jobs.tags("", 9) == ["x", "y"]
    store.enqueue(NewJob(command="true", tags=["nightly", "night", "n", "o", "a"]))
    store.enqueue(NewJob(command="true", tags=["night.2"]))
    assert store.jobs.tags("night", 9) == ["night", "night.2", "nightly"]
    assert store.jobs.tags("", 2) == ["a", "n"]
    assert store.jobs.tags("z", 9) == []


def test_runs_of_a_command_are_listed_oldest_first_including_the_job_itself(store: Store) -> None:
    old = job_in_state(store, State.DEAD, command="make")
    job_in_state(store, State.COMPLETED, command="other")
    later = [job_in_state(store, state, command="make") for state in (State.COMPLETED, State.FAILED, State.PROCESSING)]
    waiting = job_in_state(store, State.PENDING, command="make")
    assert [run.job_id for run in store.jobs.runs(waiting, 9)] == [old, *later]
    assert [run.job_id for run in store.jobs.runs(old, 2)] == [old, later[-1]]
    dead, *_, running = store.jobs.runs(old, 9)
    assert (dead.state, dead.exit_code, running.ended_at) == (State.DEAD, 3, None)
    assert dead.ended_at is not None
    assert dead.ended_at >= dead.started_at


def test_runs_are_looked_for_among_the_newest_jobs(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    old, _, new = (job_in_state(store, State.COMPLETED) for _ in range(3))
    monkeypatch.setattr(jobs, "LATEST", 1)
    assert [run.job_id for run in store.jobs.runs(old, 9)] == [old, new]


def test_a_retried_job_that_runs_again_shows_its_latest_run(store: Store) -> None:
    job_id = job_in_state(store, State.DEAD)
    store.actions.retry(job_id)
    claim_one(store)
    [run] = store.jobs.runs(job_id, 9)
    assert (run.state, run.ended_at) == (State.PROCESSING, None)


def test_ids_are_listed_by_prefix(store: Store) -> None:
    for job_id in ("job1", "job10", "job2", "other"):
        store.enqueue(NewJob(id=job_id, command="true"))
    assert store.jobs.ids("job1", 9) == ["job1", "job10"]
    assert store.jobs.ids("job", 2) == ["job1", "job10"]
    assert store.jobs.ids("job%", 9) == store.jobs.ids("JOB", 9) == []


def test_existing_jobs_are_found_by_number(store: Store) -> None:
    seqs = [store.jobs.get(store.enqueue(NewJob(command="true"))).seq for _ in range(4)]
    store.actions.delete(store.jobs.page(Filter(), limit=1).items[0].id)
    assert store.jobs.existing(range(seqs[1], seqs[3] + 100)) == {seqs[1], seqs[2]}
    assert store.jobs.existing(range(seqs[3], seqs[3] + 1)) == set()


def test_short_output_is_kept_with_its_attempt_byte_for_byte(store: Store) -> None:
    printed = b"a\0b\xff\n"
    store.enqueue(NewJob(id="a", command="true"))
    lease = claim_one(store).lease
    assert store.jobs.output(lease.seq, 1) is None, "nothing before it has ended"
    store.reports.complete(lease, Ended(0, None, Printed(len(printed), printed)))
    assert store.jobs.output(lease.seq, 1) == printed
    assert store.jobs.output(lease.seq, 2) is None
    store.enqueue(NewJob(id="b", command="true"))
    long = claim_one(store).lease
    store.reports.complete(long, Ended(0, None, Printed(90_000, tail=b"end\n")))
    assert store.jobs.output(long.seq, 1) is None, "the logs have it"
