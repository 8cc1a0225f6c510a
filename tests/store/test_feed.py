"""The feed of events: every reader sees all of them, in one order."""

import pytest

from queuectl_core.model.event import EventType
from queuectl_core.model.new_job import NewJob
from queuectl_core.store.feed import KEPT_EVENTS, News
from queuectl_core.store.store import Store
from tests.store.backend import OpenStore


def subjects(news: News) -> list[str]:
    return [event.subject for event in news.events]


def test_events_are_read_in_order_from_the_cursor_on(store: Store, open_store: OpenStore) -> None:
    other = open_store()
    begun = store.feed.latest()
    for number in range(5):
        (store, other)[number % 2].enqueue(NewJob(id=f"j{number}", command="true"))
    first = store.feed.after(begun, limit=3)
    assert (subjects(first), first.missed) == (["j0", "j1", "j2"], False)
    rest = other.feed.after(first.cursor, limit=3)
    assert (subjects(rest), rest.missed) == (["j3", "j4"], False)
    nothing = store.feed.after(rest.cursor)
    assert (subjects(nothing), nothing.missed) == ([], False)
    store.enqueue(NewJob(id="later", command="true"))
    for cursor in (rest.cursor, nothing.cursor):
        assert subjects(store.feed.after(cursor)) == ["later"]


def test_a_rolled_back_change_is_not_published(store: Store) -> None:
    begun = store.feed.latest()

    def enqueue_and_break() -> None:
        with store.transaction():
            store.enqueue(NewJob(command="true"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        enqueue_and_break()
    store.enqueue(NewJob(id="kept", command="true"))
    assert subjects(store.feed.after(begun)) == ["kept"]


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "9" * 18, "9" * 40, "٣"])
def test_an_invalid_cursor_restarts_at_the_newest_event(store: Store, cursor: str) -> None:
    store.enqueue(NewJob(command="true"))
    restarted = store.feed.after(cursor)
    assert (subjects(restarted), restarted.missed) == ([], True)
    store.enqueue(NewJob(id="later", command="true"))
    assert subjects(store.feed.after(restarted.cursor)) == ["later"]


def test_only_the_newest_events_are_kept_and_a_late_reader_is_told(store: Store) -> None:
    old = store.feed.latest()
    for number in range(KEPT_EVENTS // 100 + 1):
        with store.transaction():
            for _ in range(100):
                store.config.set("timeout", number)
    seen = store.feed.after(old, limit=100)
    assert (len(seen.events), seen.missed) == (100, False)
    store.feed.trim()
    assert store.feed.after(old).missed
    kept = store.feed.after(seen.cursor, limit=KEPT_EVENTS + 100)
    assert (len(kept.events), kept.missed) == (KEPT_EVENTS, False)
    assert {event.type for event in kept.events} == {EventType.CONFIG}
    store.feed.trim()
    assert len(store.feed.after(seen.cursor, limit=KEPT_EVENTS + 100).events) == KEPT_EVENTS
