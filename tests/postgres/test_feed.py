"""The feed with many writers: transactions end in another order than they began, and none of their events is missed."""

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import pytest

from queuectl_core.model.event import Event, EventType
from queuectl_core.model.new_job import NewJob
from queuectl_core.store.store import Store
from tests.postgres.opened import open_store
from tests.postgres.own_server import own_server
from tests.postgres.parallel import in_parallel

WRITERS = 8
TRANSACTIONS = 25


def writer(name: int) -> Callable[[Store], list[Event]]:
    """Enqueues and cancels jobs, in transactions that stay open for different times."""

    def run(store: Store) -> list[Event]:
        chance = random.Random(name)
        for n in range(TRANSACTIONS):
            with store.transaction():
                store.queues.set_paused(
                    f"q{name}", n % 2 == 0
                )  # its event is written at once, those of jobs at the end
                job = store.enqueue(NewJob(id=f"{name}-{n}", command="true"))
                time.sleep(chance.choice([0, 0, 0, 0.003, 0.03]))
            store.actions.cancel(job)
        return []

    return run


def test_readers_get_each_event_once_and_those_of_a_job_in_order(database: str) -> None:
    with open_store(database, durable=True) as store:
        start = store.feed.latest()
    ended = threading.Event()

    def reader(limit: int) -> Callable[[Store], list[Event]]:
        def run(store: Store) -> list[Event]:
            cursor, events = start, list[Event]()
            while True:
                last = ended.is_set()
                news = store.feed.after(cursor, limit)
                assert not news.missed
                cursor = news.cursor
                events += news.events
                if last and not news.events:
                    return events

        return run

    def last_writer(store: Store) -> list[Event]:
        in_parallel(database, *(writer(n) for n in range(WRITERS)))
        ended.set()
        return []

    _, *each = in_parallel(database, last_writer, reader(1000), reader(7), reader(1))
    for events in each:
        kinds = Counter(event.type for event in events)
        assert kinds[EventType.QUEUE] == WRITERS * TRANSACTIONS
        assert kinds[EventType.JOB] == WRITERS * TRANSACTIONS * 2
        changes = defaultdict[str, list[str]](list)
        for event in events:
            if event.type is EventType.JOB:
                changes[event.subject].append(event.change)
        assert {tuple(own) for own in changes.values()} == {("pending", "cancelled")}


@pytest.fixture(scope="module")
def quiet() -> Iterator[str]:
    """A queue on a server of its own.

    Whatever transaction of the server ran when a cursor was taken, and has ended since, may have written events. If so
    few are kept, that of any other test is older than the newest dropped event, and makes a reader start again.
    """
    with own_server() as server:
        yield server.url


@pytest.fixture
def keeps_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("queuectl_core.postgres.feed.KEPT_EVENTS", 10)
    monkeypatch.setattr("queuectl_core.postgres.notifier.FOLD_SECONDS", 3600)


@pytest.mark.usefixtures("keeps_ten")
def test_a_reader_is_told_if_events_of_a_long_transaction_were_dropped_before_it_saw_them(database: str) -> None:
    with open_store(database, durable=True) as long, open_store(database, durable=True) as store:
        with long.transaction():
            long.queues.set_paused("long", True)
            for n in range(12):
                store.config.set("timeout", n)
            cursor = store.feed.latest()
        store.config.set("timeout", 3)
        store.feed.trim()
        assert store.feed.after(cursor).missed


@pytest.mark.usefixtures("keeps_ten")
def test_a_long_transaction_makes_no_reader_start_again(quiet: str) -> None:
    with open_store(quiet, durable=True) as long, open_store(quiet, durable=True) as store, long.transaction():
        long.answers.keep("key", "request", "content")  # it has a number now
        for n in range(30):
            cursor = store.feed.latest()
            store.config.set("timeout", n)
            store.feed.trim()
            news = store.feed.after(cursor)
            assert (len(news.events), news.missed) == (1, False)


@pytest.mark.usefixtures("keeps_ten")
def test_a_reader_that_has_read_a_part_misses_nothing_if_that_part_is_dropped(quiet: str) -> None:
    with open_store(quiet, durable=True) as store:
        cursor = store.feed.latest()
        for n in range(15):
            store.config.set("timeout", n)
        part = store.feed.after(cursor, 4)
        further = store.feed.after(part.cursor, 4)
        store.feed.trim()
        assert store.feed.after(cursor).missed
        assert store.feed.after(part.cursor).missed, "it has not read the fifth event, which is gone"
        rest = store.feed.after(further.cursor)
        assert (len(rest.events), rest.missed) == (7, False)


@pytest.mark.usefixtures("keeps_ten")
def test_trimming_while_others_write_loses_no_event_unnoticed(database: str) -> None:
    ended = threading.Event()

    def write(store: Store) -> int:
        for n in range(60):
            with store.transaction():
                store.queues.set_paused(f"q{threading.get_ident()}", n % 2 == 0)
                time.sleep(0.002 * (n % 3))
        return 0

    def writers(_: Store) -> int:
        in_parallel(database, write, write, write)
        ended.set()
        return 0

    def trim(store: Store) -> int:
        while not ended.is_set():
            store.feed.trim()
        return 0

    def read(store: Store) -> int:
        cursor, seen = store.feed.latest(), 0
        while True:
            last = ended.is_set()
            news = store.feed.after(cursor, 3)
            if news.missed:
                return -1
            cursor, seen = news.cursor, seen + len(news.events)
            if last and not news.events:
                return seen

    _, _, *seen = in_parallel(database, writers, trim, read, read)
    assert {*seen} <= {-1, 180}


@pytest.mark.parametrize(
    "cursor",
    [
        "garbage",
        "0:0:",
        "00000009-5:5:",  # another timeline
        "{timeline}-0:5:",
        "{timeline}-9:5:",
        "{timeline}-5:9:8,7",
        "{timeline}-5:9:9",
        "{timeline}-5:9:,",
        "{timeline}-99999999999:999999999999:",  # the future
        "{timeline}-5:5:-7:6:-1",
        "{timeline}-5:5:-5:99999999999:-1",
        "{timeline}-5:5:\0",
        "{timeline}-" + "9" * 30 + ":5:",
        "٣" * 8 + "-5:5:",
    ],
)
def test_a_cursor_that_does_not_belong_here_makes_a_reader_start_again(database: str, cursor: str) -> None:
    with open_store(database, durable=True) as store:
        store.config.set("timeout", 1)
        news = store.feed.after(cursor.format(timeline=store.feed.latest().partition("-")[0]))
        assert (list(news.events), news.missed) == ([], True)
        store.config.set("timeout", 2)
        assert len(store.feed.after(news.cursor).events) == 1
