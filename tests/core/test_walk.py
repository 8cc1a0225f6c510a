"""However a list is narrowed and ordered, a page of it costs the same in a large queue: no scan, no sort."""

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

from queuectl_core.sqlite import bulk, jobs, walk
from queuectl_core.sqlite.bulk import Action
from queuectl_core.sqlite.filter import Filter
from queuectl_core.sqlite.store import Store
from queuectl_core.sqlite.walk import Sort
from queuectl_core.state import State
from tests.million import DAYS, fill

JOBS = 20_000
MET = 50
MOST_STEPS = 20_000
"""Of SQLite's virtual machine: a few hundred for each job that is met, but one for each that there is."""

DAY = 86_400
NOW = time.time()


def given_filters() -> Iterator[Filter]:
    """None, one, two or three conditions, each that few or many jobs fulfil."""
    conditions: list[dict[str, Any]] = [
        {"states": (State.COMPLETED,)},
        {"states": (State.DEAD,)},
        {"states": (State.FAILED, State.DEAD, State.CANCELLED)},
        {"states": tuple(State)},
        {"queue": "default"},
        {"queue": "gpu"},
        {"queue": "none"},
        {"text": "ffmpeg"},
        {"text": "absent"},
        {"tag": "nightly"},
        {"tag": "absent"},
        {"worker": "absent"},
        {"error": "absent"},
        {"command": "absent"},
        {"since": NOW - DAY},
        {"since": NOW - DAYS * DAY},
        {"until": NOW - DAY},
        {"until": NOW - (DAYS - 1) * DAY},
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
        self._connection = store._db._connected()

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
    """Many jobs, of which few may be met at a time."""
    database = Path(copy(migrated, tmp_path_factory.mktemp("large") / "queue.db"))
    fill(database, JOBS)
    with Store(database, durable=False) as store, pytest.MonkeyPatch.context() as patch:
        bounds = [(jobs, "ON_A_PAGE"), (jobs, "COUNTED"), (jobs, "LATEST"), (walk, "ENOUGH"), (bulk, "MET")]
        for module, bound in bounds:
            patch.setattr(module, bound, MET)
        yield Watched(store)


@pytest.mark.parametrize("sort", Sort)
def test_no_page_needs_a_scan_or_a_sort_or_meets_many_jobs(large: Watched, sort: Sort) -> None:
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
    ("sort", "chosen"), [(Sort.NEWEST, Filter(until=NOW - 29 * DAY)), (Sort.OLDEST, Filter(since=NOW - DAY))]
)
def test_a_time_is_found_at_once(large: Watched, sort: Sort, chosen: Filter) -> None:
    assert len(large.jobs.page(chosen, limit=10, sort=sort).items) == 10


def test_no_count_or_step_of_a_bulk_action_meets_many_jobs(large: Watched) -> None:
    for chosen in FILTERS:
        with large.watched() as seen:
            large.jobs.count(chosen)
            large.bulk.step(Action.RETRY, replace(chosen, worker="absent"))
        assert seen["steps"] < MOST_STEPS, chosen


def test_earlier_runs_and_tags_are_found_without_meeting_many_jobs(large: Watched) -> None:
    with large.watched() as seen:
        assert len(large.jobs.runs("job00000007", 50)) == 1
        assert large.jobs.tags("", 50) == ["customer", "nightly", "rare", "urgent"]
    assert seen["steps"] < MOST_STEPS
