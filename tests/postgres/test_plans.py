"""With many jobs, what is done often reads only a few rows: looked up in the plans that the server reports."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import psycopg
import pytest

from queuectl_core.model.bulk import Action
from queuectl_core.model.filter import Filter
from queuectl_core.model.sort import Sort
from queuectl_core.model.state import State
from queuectl_core.postgres.session import PostgresSession
from queuectl_core.store.store import Store
from tests.postgres.opened import open_store
from tests.postgres.server import Server
from tests.store.attempts import SUCCESS, register

JOBS = 20_000
MOST_READ = 1000
"""Rows that one step of a plan may read in vain."""

FILL = f"""
INSERT INTO job (id, command, queue, priority, state, due, attempt, attempts, worker, cancelling, created_at,
    updated_at, started_at, finished_at, next_run_at, failure, sandbox)
SELECT 'job' || n, 'true', 'q' || n % 5, n % 3, state, CASE state WHEN 'pending' THEN 1 WHEN 'failed' THEN 0 END,
    CASE state WHEN 'pending' THEN 0 ELSE 1 END, 0, 'w', 0, n, n, n,
    CASE WHEN state IN ('completed', 'dead', 'cancelled') THEN n END,
    CASE state WHEN 'pending' THEN n WHEN 'failed' THEN 9e9 END, CASE state WHEN 'dead' THEN 'f' || n % 9 END, 0
FROM (
    SELECT n, CASE WHEN n % 4000 = 6 THEN 'processing' WHEN n % 10 < 5 THEN 'completed' WHEN n % 10 < 6 THEN 'dead'
        WHEN n % 10 < 7 THEN 'failed' WHEN n % 100 < 72 THEN 'cancelled' ELSE 'pending' END AS state
    FROM generate_series(1, {JOBS}) AS n
) AS made;
INSERT INTO attempt (seq, number, outcome, worker, started_at) SELECT seq, 1, 'failed', 'w', 0 FROM job
    WHERE attempt = 1;
INSERT INTO ready (queue, rank, seq) SELECT queue, -priority, seq FROM job WHERE due = 1 ORDER BY seq;
INSERT INTO waiting SELECT seq, next_run_at FROM job WHERE due = 0;
INSERT INTO tally SELECT queue, state, count(*) FROM job GROUP BY 1, 2;
INSERT INTO arrival SELECT min(seq), (created_at / 3600)::int FROM job GROUP BY 2;
INSERT INTO audit (at, actor, role, address, action, subject, jobs)
    SELECT 9e9, 'a' || n % 9, 'admin', '', 'cancel', 'job' || n, 1 FROM generate_series(1, {JOBS}) AS n;
INSERT INTO schedule (name, cron, timezone, job, catch_up, catch_up_window, overlap, jitter, paused, created_at,
    updated_at, anchor, since, next_nominal, next_at, fires, planned_at)
    SELECT 's' || n, '0 0 * * *', 'UTC', '{{"command": "true"}}', 'latest', 9, 'queue', 0, 0, 0, 0, 0, 0, 9e9,
        9e9 + n, 0, 0
    FROM generate_series(1, {JOBS}) AS n;
INSERT INTO fire (schedule, scheduled_at, outcome, job)
    SELECT 's1', n, 'enqueued', 'job' || n FROM generate_series(1, {JOBS}) AS n;
"""

FILL_LOCKED = f"""
INSERT INTO job (id, command, queue, priority, state, due, attempt, attempts, worker, cancelling, created_at,
    updated_at, started_at, next_run_at, sandbox, lock)
SELECT 'job' || n, 'true', 'q', CASE WHEN n < {JOBS} THEN 9 ELSE 0 END, CASE n WHEN 0 THEN 'processing' ELSE 'pending'
    END, CASE WHEN n > 0 THEN 1 END, 0, 0, 'w0', 0, n, n, n, CASE WHEN n > 0 THEN n END, 0,
    CASE WHEN n < {JOBS} THEN 'busy=1' WHEN n % 2 = 0 THEN 'free' || n % 7 || '=9' END
FROM generate_series(0, {JOBS} + 500) AS n;
INSERT INTO ready (queue, rank, lock, seq) SELECT queue, -priority, lock, seq FROM job WHERE due = 1 ORDER BY seq;
INSERT INTO tally SELECT queue, state, count(*) FROM job GROUP BY 1, 2;
"""
"""Most jobs wait for a busy lock."""

EXPLAIN = {
    "session_preload_libraries": "auto_explain",
    "client_min_messages": "log",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
}


class Explained:
    """A store whose statements are explained by the server."""

    def __init__(self, store: Store) -> None:
        self._plans: list[str] = []
        store.close()
        session = store._driver.session
        assert isinstance(session, PostgresSession)
        session.check()
        connection = session._connection
        assert connection is not None
        connection.add_notice_handler(lambda notice: self._plans.append(notice.message_primary or ""))

    def wasteful(self, action: Callable[[], object]) -> list[str]:
        """The plans of what `action` does again and again, if they read many rows in vain."""
        self._plans.clear()
        for _ in range(11):  # after ten, the server may use one plan for all values
            action()
        assert self._plans, "the server explains its plans"
        return [plan for plan in self._plans if _rows_in_vain(plan) > MOST_READ]


def _rows_in_vain(plan: str) -> int:
    removed = re.findall(r"Rows Removed by [\w ]+: (\d+)", plan)
    scanned = re.findall(r"Seq Scan on (?:job|attempt|audit|ready|waiting|schedule|fire)\b.*actual rows=(\d+)", plan)
    return max(map(int, removed + scanned), default=0)


@pytest.fixture(scope="module")
def store(postgres: Server) -> Iterator[Store]:
    """A store on a queue with many jobs, which all tests change a little."""
    with filled(postgres, FILL) as store:
        yield store


@contextmanager
def filled(postgres: Server, sql: str) -> Iterator[Store]:
    """A store on a database of its own, whose statements are explained."""
    url = postgres.empty_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.encode())
        connection.execute("ANALYZE")
        for name, value in EXPLAIN.items():
            connection.execute(f'ALTER DATABASE "{connection.info.dbname}" SET {name} = {value}'.encode())
    with open_store(url, durable=True) as store:
        register(store, "w")
        yield store
    postgres.drop(url)


@pytest.fixture
def explained(store: Store) -> Explained:
    return Explained(store)


def test_what_workers_do_reads_few_rows(store: Store, explained: Explained) -> None:
    def work() -> None:
        with store.transaction():
            for lease in store.reports.held("w"):
                store.reports.complete(lease, SUCCESS)
            store.claims.claim("w", 8)

    def find_nothing() -> None:
        assert store.claims.claim("w", 4, ["other"]) == []

    for action in (work, find_nothing, store.claims.next_due, store.workers.all, store.workers.running):
        assert explained.wasteful(action) == []


def test_a_claim_passes_over_jobs_that_wait_for_a_busy_lock(postgres: Server) -> None:
    with filled(postgres, FILL_LOCKED) as store:

        def work() -> None:
            with store.transaction():
                claims = store.claims.claim("w", 4)
                assert len(claims) == 4
                for claim in claims:
                    assert store.jobs.get(claim.job_id).priority == 0
                    store.reports.complete(claim.lease, SUCCESS)

        assert Explained(store).wasteful(work) == []


@pytest.mark.parametrize(
    "chosen",
    [
        Filter(),
        *(Filter(states=(state,)) for state in (State.PROCESSING, State.COMPLETED)),
        Filter(states=(State.FAILED, State.DEAD)),
        Filter(queues=("q1",)),
        Filter(failure="f3"),
    ],
    ids=["all", "running", "completed", "failed or dead", "queue", "failure"],
)
def test_a_page_of_a_list_reads_few_rows(store: Store, explained: Explained, chosen: Filter) -> None:
    for sort in Sort:
        if sort.by_end and (chosen.queues or chosen.failure):
            continue  # there is no index for that: it reads a limited number of jobs
        cursor = store.jobs.page(chosen, limit=20, sort=sort).next_cursor
        for page in (
            partial(store.jobs.page, chosen, limit=20, sort=sort),
            partial(store.jobs.page, chosen, limit=20, sort=sort, cursor=cursor),
        ):
            assert explained.wasteful(page) == []


def test_what_the_api_does_often_reads_few_rows(store: Store, explained: Explained) -> None:
    for action in (
        store.jobs.counts,
        store.queues.all,
        partial(store.locks.page, limit=20),
        partial(store.jobs.get, "job77"),
        partial(store.jobs.history, 77),
        partial(store.jobs.ids, "job77", 5),
        partial(store.audit.page, limit=20),
        partial(store.audit.page, limit=20, actor="a3"),
        partial(store.audit.page, limit=20, job="job77"),
        partial(store.audit.trim, 0.0),
        partial(store.actions.expire, 9e9),
        partial(store.actions.expire, 0.0, 20),
        partial(store.bulk.named, Action.CANCEL, ["job7", "job8", "job9"]),
    ):
        assert explained.wasteful(action) == []


def test_what_schedules_do_reads_few_rows(store: Store, explained: Explained) -> None:
    for action in (
        store.fires.wait,
        store.fires.fire,
        partial(store.fires.run, "s2"),
        partial(store.fires.page, "s1", limit=20),
        partial(store.fires.latest, ["s1", "s3"]),
        partial(store.schedules.page, limit=20),
        partial(store.schedules.page, limit=20, cursor="s777"),
    ):
        assert explained.wasteful(action) == []
