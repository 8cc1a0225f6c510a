"""A page of any filter and order costs the same in a large queue: no scan, no sort."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from queuectl_core.model.bulk import Action
from queuectl_core.model.filter import Filter
from queuectl_core.model.sort import Sort
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from tests.million import DAYS, fill
from tests.opened import opened, session_of

JOBS = 20_000
MOST_READ = 50
MOST_STEPS = 20_000
"""Of SQLite's virtual machine: a few hundred for each job that is read, but one for each in the queue."""

DAY = 86_400
NOW = time.time()


def given_filters() -> Iterator[Filter]:
    """Up to three conditions, each fulfilled by few or many jobs."""
    conditions: list[dict[str, Any]] = [
        {"states": (State.COMPLETED,)},
        {"states": (State.DEAD,)},
        {"states": (State.FAILED, State.DEAD, State.CANCELLED)},
        {"states": tuple(State)},
        {"queues": ("default",)},
        {"queues": ("gpu",)},
        {"queues": ("none",)},
        {"text": "ffmpeg"},
        {"text": "absent"},
        {"tags": ("nightly",)},
        {"tags": ("absent",)},
        {"queues": ("gpu", "default")},
        {"tags": ("absent", "nightly")},
        {"workers": ("absent",)},
        {"error": "absent"},
        {"command": "absent"},
        {"enqueued_since": NOW - DAY},
        {"enqueued_since": NOW - DAYS * DAY},
        {"enqueued_until": NOW - DAY},
        {"enqueued_until": NOW - (DAYS - 1) * DAY},
        {"finished_since": NOW - DAY},
        {"finished_until": NOW - (DAYS - 1) * DAY},
        {"failure": ": convert … -o … ⇒ exit status 1"},
    ]
    for number in range(4):
        for several in combinations(conditions, number):
            merged = {name: value for one in several for name, value in one.items()}
            if len(merged) == number:
                yield Filter(**merged)


FILTERS = list(given_filters())


class Watched:
    """A store whose work is watched: its statements, and the steps of SQLite's virtual machine."""

    def __init__(self, store: Store) -> None:
        self.jobs, self.bulk = store.jobs, store.bulk
        self._connection = session_of(store)._connected()

    @contextmanager
    def watched(self) -> Iterator[Counter[str]]:
        """Statements that were begun inside, by their text, and "steps"."""
        seen = Counter[str]()

        def step() -> None:
            seen["steps"] += 10

        self._connection.set_trace_callback(lambda sql: seen.update([sql]))
        self._connection.set_progress_handler(step, 10)
        yield seen
        self._connection.set_trace_callback(None)
        self._connection.set_progress_handler(None, 0)

    def plan(self, sql: str) -> list[str]:
        """What SQLite does for a statement."""
        return [row[3] for row in self._connection.execute(f"EXPLAIN QUERY PLAN {sql}")]


@pytest.fixture(scope="module")
def large(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Many jobs; each page, count or step may read only MOST_READ of them."""
    database = Path(copy(migrated, tmp_path_factory.mktemp("large") / "queue.db"))
    fill(database, JOBS)
    with opened(database) as store, pytest.MonkeyPatch.context() as patch:
        bounds = [
            "jobs.READ_FOR_A_PAGE",
            "jobs.READ_FOR_A_COUNT",
            "jobs.LATEST",
            "pagination.COUNTED_ROWS",
            "bulk.SCANNED",
        ]
        for bound in bounds:
            patch.setattr(f"queuectl_core.store.{bound}", MOST_READ)
        yield Watched(store)


@pytest.mark.parametrize("sort", Sort)
def test_no_page_scans_sorts_or_reads_many_jobs(large: Watched, sort: Sort) -> None:
    for chosen in FILTERS:
        cursor = None
        for _ in range(2):
            with large.watched() as seen:
                cursor = large.jobs.page(chosen, limit=10, cursor=cursor, sort=sort).next_cursor
            assert seen.pop("steps", 0) < MOST_STEPS, chosen
            for sql in seen:
                assert not [line for line in large.plan(sql) if is_costly(line)], (chosen, sql)


def is_costly(line: str) -> bool:
    return line.startswith(("SCAN job", "SCAN attempt")) or "ORDER BY" in line


@pytest.mark.parametrize(
    ("sort", "chosen"),
    [(Sort.NEWEST, Filter(enqueued_until=NOW - 29 * DAY)), (Sort.OLDEST, Filter(enqueued_since=NOW - DAY))],
)
def test_a_page_starts_at_a_given_time_without_reading_up_to_it(large: Watched, sort: Sort, chosen: Filter) -> None:
    assert len(large.jobs.page(chosen, limit=10, sort=sort).items) == 10


@pytest.mark.parametrize("states", [(), (State.DEAD,), (State.COMPLETED, State.DEAD)])
def test_jobs_finished_in_a_period_are_counted_exactly_in_a_large_queue(
    large: Watched, states: tuple[State, ...]
) -> None:
    lately = Filter(states=states, finished_since=NOW - DAYS * DAY / 400, finished_until=NOW + DAY)
    found = large.jobs.page(lately, limit=100, sort=Sort.ENDED_LAST).items
    assert large.jobs.count(lately) == (len(found), True)


def test_no_count_or_bulk_step_reads_many_jobs(large: Watched) -> None:
    for chosen in FILTERS:
        with large.watched() as seen:
            large.jobs.count(chosen)
            large.bulk.step(Action.RETRY, replace(chosen, workers=("absent",)))
        assert seen["steps"] < MOST_STEPS, chosen


def test_earlier_runs_and_tags_are_found_without_reading_many_jobs(large: Watched) -> None:
    with large.watched() as seen:
        assert len(large.jobs.runs("job00000007", 50)) == 1
        assert large.jobs.tags("", 50) == ["customer", "nightly", "rare", "urgent"]
    assert seen["steps"] < MOST_STEPS
