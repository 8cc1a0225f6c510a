"""The database's clock, seen by several hosts: each step moves delays once, whoever notices it."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from queuectl_core.host_clock import uptime
from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.store.store import Store
from tests.postgres.backend import PostgresBackend
from tests.postgres.parallel import in_parallel
from tests.postgres.server import Server
from tests.store.attempts import register

STEP = 600.0


class Host:
    """A host with a boot id and a boot-time clock of its own."""

    def __init__(self, name: str, store: Store) -> None:
        self._name = name
        self._store = store
        self.paused_seconds = 0.0
        register(store, name)

    def looks(self, patch: pytest.MonkeyPatch) -> None:
        """One of its workers looks for jobs that are due."""
        with patch.context() as own:
            own.setattr("queuectl_core.postgres.clock.boot", lambda: self._name)
            own.setattr("queuectl_core.postgres.clock.uptime", lambda: uptime() - self.paused_seconds)
            assert self._store.claims.claim(self._name, 1) == []


@pytest.fixture
def backend(postgres: Server, tmp_path: Path) -> Iterator[PostgresBackend]:
    backend = PostgresBackend(postgres, tmp_path)
    yield backend
    backend.close()


@contextmanager
def steps(backend: PostgresBackend, expected: list[float]) -> Iterator[None]:
    """What happens meanwhile moves a delay by these seconds, one after the other."""
    with psycopg.connect(backend.url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE moved (n serial, seconds float8);"
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN INSERT INTO moved (seconds) VALUES (NEW.next_run_at - OLD.next_run_at); RETURN NULL; END$$;"
            "CREATE TRIGGER note AFTER UPDATE OF next_run_at ON job FOR EACH ROW EXECUTE FUNCTION note()"
        )
        yield
        moved = [seconds for (seconds,) in connection.execute("SELECT seconds FROM moved ORDER BY n")]
        assert moved == pytest.approx(expected, abs=1)
        assert connection.execute(
            "SELECT count(*) FROM waiting JOIN job USING (seq) WHERE at IS DISTINCT FROM next_run_at"
        ).fetchone() == (0,)


def two_hosts(backend: PostgresBackend, patch: pytest.MonkeyPatch) -> tuple[Host, Host]:
    one, two = (Host(name, backend.open_store()) for name in ("one", "two"))
    backend.open_store().enqueue(NewJob(command="true", delay=5000))
    for host in (one, two):
        host.looks(patch)
    return one, two


def test_a_step_is_followed_once_by_all_hosts(backend: PostgresBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = two_hosts(backend, monkeypatch)
    with steps(backend, [STEP, -2 * STEP, STEP]):
        for step, first, second in ((STEP, one, two), (-2 * STEP, two, one), (STEP, one, two)):
            backend.set_wall_clock(step)
            for host in (first, second, first):
                host.looks(monkeypatch)


def test_a_host_that_was_paused_moves_delays_only_until_another_host_undoes_that(
    backend: PostgresBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = two_hosts(backend, monkeypatch)
    with steps(backend, [STEP, -STEP]):
        one.paused_seconds = STEP
        for host in (one, two, one, two, one, two):
            host.looks(monkeypatch)
    one.paused_seconds += STEP
    for host in (two, one, two, one, two):
        host.looks(monkeypatch)
    with psycopg.connect(backend.url) as connection:
        [(left,)] = connection.execute("SELECT next_run_at FROM job")
    assert left - time.time() == pytest.approx(5000, abs=120)


def test_processes_of_a_host_that_look_for_the_first_time_at_once(backend: PostgresBackend) -> None:
    in_parallel(backend.url, *[lambda store: store._driver.clock.now()] * 6)
    assert backend.count("clock") == 1


@pytest.mark.parametrize("ahead", [7200, -7200])
def test_what_is_due_is_decided_by_the_clock_of_the_database(
    backend: PostgresBackend, monkeypatch: pytest.MonkeyPatch, ahead: float
) -> None:
    """Not by that of the API that enqueues it. Times are an hour away, between both clocks."""
    store, now = backend.open_store(), time.time()
    register(store, "w")
    store.enqueue(NewJob(id="edited", command="true", delay=5000))
    at = datetime.fromtimestamp(now + math.copysign(3600, ahead), UTC)
    with monkeypatch.context() as api:
        api.setattr("time.time", lambda: now + ahead)
        store.enqueue(NewJob(id="single", command="true", run_at=at))
        batch = store.batch()
        batch.stage([(1, NewJob(id="batched", command="true", run_at=at)), (2, NewJob(id="other", command="true"))])
        batch.commit()
        store.actions.edit("edited", JobChange(run_at=at))
    due = [] if ahead > 0 else ["batched", "edited", "single"]
    assert sorted(claim.job_id for claim in store.claims.claim("w", 9)) == sorted([*due, "other"])
