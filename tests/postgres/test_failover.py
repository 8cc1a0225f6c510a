"""The database's server dies under load, and its standby takes over: what is lost, and that nothing overlaps."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from queuectl_core.model.errors import OutcomeUnknown
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from tests.faults.checker import check
from tests.faults.commands import MIX, Kind
from tests.faults.load import load, settled
from tests.faults.options import times
from tests.faults.report import record
from tests.faults.run_log import Answer, Request, RequestLog, lines
from tests.faults.storm import PATIENCE_SECONDS, all_jobs, storm
from tests.postgres.consistency import contradictions
from tests.postgres.host_fleet import running_hosts
from tests.postgres.opened import open_store
from tests.postgres.replicated import Replicated, replicated
from tests.running import eventually

LEASE = 3
# No killers: each costs a worker, and the jobs that wait for one after a failover are many.
LASTING = MIX | {Kind.KILLER: 0, Kind.LONG: 10}
CUT_SECONDS = 1
OUTAGE_SECONDS = 2
PAUSE_SECONDS = 3


def test_a_failover_with_synchronous_replication_loses_nothing(tmp_path: Path) -> None:
    with (
        replicated(synchronous=True) as servers,
        running_hosts(tmp_path, servers.url, heartbeat=0.3, heartbeat_timeout=LEASE) as fleet,
    ):
        fleet.swept = True
        frozen = itertools.cycle([False, True])

        def fail_over() -> None:
            servers.fail_over(frozen=next(frozen))
            time.sleep(OUTAGE_SECONDS)
            servers.replicate()

        storm(
            fleet,
            fail_over,
            name="Failover, synchronous",
            cause="PostgreSQL: SIGKILL or SIGSTOP of the primary, then promotion of its synchronous standby",
            number=times(1, 10),
            pause=PAUSE_SECONDS,
            mix=LASTING,
        )
        assert not contradictions(servers.url)


class Cutting:
    """Cuts the replication before each failover. Clients know nothing of what was acknowledged after that."""

    def __init__(self, servers: Replicated, request_log: RequestLog) -> None:
        self._servers = servers
        self._request_log = request_log
        self._kept = list[Request]()
        self._seen = 0

    def fail_over(self) -> None:
        self._note(lost=False)
        self._servers.catch_up()
        self._servers.cut()
        time.sleep(CUT_SECONDS)
        self._servers.fail_over()
        self._note(lost=True)
        time.sleep(OUTAGE_SECONDS)
        self._servers.replicate()

    def surely_kept(self) -> list[Request]:
        """All requests, as if those that may be lost had not been answered."""
        self._note(lost=False)
        return self._kept

    def _note(self, *, lost: bool) -> None:
        new = self._request_log.requests()[self._seen :]
        self._seen += len(new)
        self._kept += [replace(request, answer=Answer.UNKNOWN) for request in new] if lost else new


def test_a_failover_after_the_replication_was_cut_loses_only_what_was_acknowledged_since(tmp_path: Path) -> None:
    with (
        replicated(synchronous=False) as servers,
        running_hosts(tmp_path, servers.url, heartbeat=0.3, heartbeat_timeout=LEASE) as fleet,
    ):
        fleet.swept = True
        number = times(1, 10)
        with load(fleet.system.url, fleet.run_log, LASTING) as request_log:
            cutting = Cutting(servers, request_log)
            for _ in range(number):
                time.sleep(PAUSE_SECONDS)
                cutting.fail_over()
        settled(fleet.system.url, PATIENCE_SECONDS)
        jobs = all_jobs(fleet.system.url)
        left_behind = fleet.idle() + fleet.stop()
        told = lines(fleet.written())
        violations = check(request_log.requests(), told, jobs, left_behind=left_behind)
        finding = violations.finding(
            "Failover, asynchronous",
            f"PostgreSQL: replication cut for {CUT_SECONDS} s, then SIGKILL of the primary, promotion of its standby",
            number,
            len(request_log.acknowledged()),
        )
        record(finding)
        assert finding.lost > 0, "the replication was cut"
        assert (finding.overlapping, finding.unrun, finding.left_behind) == (0, 0, 0), violations
        unexpected = check(cutting.surely_kept(), told, jobs).lost
        assert not unexpected
        assert not contradictions(servers.url)


def test_a_commit_that_may_not_be_replicated_is_not_acknowledged() -> None:
    with replicated(synchronous=True) as servers, open_store(servers.url) as store, ThreadPoolExecutor(1) as thread:
        store.check()
        servers.cut()
        enqueued = thread.submit(store.enqueue, NewJob(id="unknown", command="true"))
        eventually(servers.cancel_waiting_commits)
        with pytest.raises(OutcomeUnknown):
            enqueued.result()
        assert store.jobs.get("unknown").state is State.PENDING, "the server itself has committed it"
