"""Lists: filters, pages, counts."""

import pytest

from queuectl_core.errors import InvalidCursor
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.jobs import Filter
from queuectl_core.sqlite.store import Store
from queuectl_core.state import State


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
        (Filter(text="C"), ["c"]),
    ],
)
def test_filters_narrow_the_list(filled: Store, chosen: Filter, expected: list[str]) -> None:
    assert ids(filled, chosen) == expected


@pytest.mark.parametrize("newest_first", [True, False])
def test_pages_show_every_job_once_while_others_come_and_go(store: Store, newest_first: bool) -> None:
    expected = {store.queue.enqueue(NewJob(id=f"j{number}", command="true")) for number in range(25)}
    seen: list[str] = []
    cursor = None
    while True:
        page = store.jobs.page(Filter(), limit=10, cursor=cursor, newest_first=newest_first)
        seen += [job.id for job in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        if len(seen) == 10:
            store.queue.delete(seen[0])
            store.queue.enqueue(NewJob(id="new", command="true"))
    assert len(seen) == len(set(seen))
    assert set(seen) - {"new"} == expected


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1;drop", "9" * 30, "²"])
def test_a_cursor_from_elsewhere_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        store.jobs.page(Filter(), limit=1, cursor=cursor)
