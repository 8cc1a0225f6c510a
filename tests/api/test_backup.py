"""GET /api/backup and POST /api/restore, on an API and workers that run on."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from queuectl_core.model.attempt import Ended, Printed
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from tests.faults.options import times
from tests.opened import opened
from tests.output import opened_logs, write_output
from tests.running import eventually, free_port, is_ready, migrate, program
from tests.signed_in import http
from tests.store.attempts import take
from tests.system import System
from tests.worker.bench import is_alive

TAR = {"content-type": "application/x-tar"}
HEARTBEAT_TIMEOUT = 2


@pytest.fixture
def own(tmp_path: Path) -> System:
    """A queue that no other test uses; nothing runs on it yet."""
    migrate(tmp_path)
    return System(f"http://127.0.0.1:{free_port()}", tmp_path)


@pytest.fixture
def system(own: System, tmp_path: Path) -> Iterator[System]:
    """The same with an API and two workers."""
    settings = {"heartbeat": 0.3, "heartbeat_timeout": HEARTBEAT_TIMEOUT, "drain_grace": 0.1, "kill_grace": 0.3}
    with ExitStack() as stack:
        stack.enter_context(started_api(own, tmp_path))
        for name in ("one", "two"):
            log = tmp_path / f"{name}.log"
            stack.enter_context(program("queuectl-worker", log, data_dir=tmp_path, concurrency=2, **settings))
        eventually(lambda: is_ready(own.url) and own.get("/api/status")["workers"] == 2)
        yield own


def started_api(own: System, data_dir: Path) -> AbstractContextManager[subprocess.Popen[bytes]]:
    address = own.url.removeprefix("http://")
    log = data_dir / "api.log"
    settings = {"bind": address, "api_processes": 1, "heartbeat_timeout": HEARTBEAT_TIMEOUT}
    return program("queuectl-api", log, data_dir=data_dir, **settings)


def back_up(system: System) -> bytes:
    return http.get(f"{system.url}/api/backup", timeout=60).raise_for_status().content


def restore(system: System, tar: bytes) -> httpx.Response:
    return http.post(f"{system.url}/api/restore", content=tar, headers=TAR, timeout=60)


def test_a_backup_has_a_name_that_tells_when_it_was_made(api: httpx.Client) -> None:
    answer = api.get("/api/backup", params={"logs": False})
    assert answer.headers["content-type"] == "application/x-tar"
    assert re.fullmatch(
        r'attachment; filename="queuectl-\d{8}T\d{6}Z\.tar"', answer.headers["content-disposition"]
    )  # fmt: skip
    assert api.get("/api/backup", params={"logs": "maybe"}).status_code == 422


def test_what_is_not_a_backup_is_refused(api: httpx.Client) -> None:
    jobs = api.get("/api/status").json()["jobs"]
    refusal = api.post("/api/restore", content=b"x", headers={"content-type": "text/plain"})
    assert refusal.status_code == 415
    assert "application/x-tar, not 'text/plain'" in refusal.json()["detail"]
    for body in (b"", b"x" * 10_000, api.get("/api/backup").content[:-1024]):
        refusal = api.post("/api/restore", content=body, headers=TAR)
        assert refusal.status_code == 422
        assert refusal.json()["detail"].startswith("this backup cannot be restored: ")
    assert api.get("/api/status").json()["jobs"] == jobs


def pause(system: System, queue: str, paused: bool) -> None:
    http.patch(f"{system.url}/api/queues/{queue}", json={"paused": paused}).raise_for_status()


ALONE = """
if [ -e alone ] && kill -0 "$(cat alone)" 2>/dev/null; then echo another one runs; fi
echo $$ >alone; echo begun; exec sleep 1000
"""


def test_workers_go_on_with_the_restored_jobs_by_themselves(system: System, tmp_path: Path) -> None:
    system.enqueue("echo out; exit 3", id="broken", max_retries=1, backoff_base=0)
    before = system.in_state("broken", "dead")
    system.enqueue(ALONE, id="running", cwd=str(tmp_path))
    eventually(lambda: system.log("running") == "begun\n")
    pause(system, "later", True)
    system.enqueue("echo once more >>runs", id="waiting", cwd=str(tmp_path), queue="later")
    tar = back_up(system)

    pause(system, "later", False)
    system.enqueue("echo $$ >newer; exec sleep 1000", id="newer", cwd=str(tmp_path))
    newer = eventually(lambda: (tmp_path / "newer").exists() and (tmp_path / "newer").read_text())
    system.in_state("waiting", "completed")
    http.delete(f"{system.url}/api/jobs/broken").raise_for_status()
    workers = {worker["id"] for worker in system.get("/api/workers")["items"]}
    assert restore(system, tar).json() == {"jobs": 3, "logs": 1}, "short outputs are in the database"

    assert system.job("broken") == before
    assert system.log("broken", attempt=1) == system.log("broken", attempt=2) == "out\n"
    assert http.get(f"{system.url}/api/jobs/newer").status_code == 404
    eventually(lambda: not is_alive(int(newer)))
    eventually(lambda: system.get("/api/status")["workers"] == 2)
    assert not workers & {worker["id"] for worker in system.get("/api/workers")["items"]}
    assert system.job("waiting")["state"] == "pending"
    pause(system, "later", False)
    system.in_state("waiting", "completed")
    assert (tmp_path / "runs").read_text() == "once more\n" * 2
    running = system.in_state("running", "processing")
    assert [attempt["state"] for attempt in running["history"]] == ["released", "processing"]
    assert running["attempts"] == 1
    eventually(lambda: system.log("running"))
    assert system.log("running") == system.log("running", attempt=1) == "begun\n"


JOBS = 200


def fill(data_dir: Path, name: str) -> None:
    """Jobs that have all ended and printed their id."""
    logs = opened_logs(data_dir)
    with opened(data_dir / "queue.db") as store, store.transaction():
        for number in range(JOBS):
            store.enqueue(NewJob(id=f"{name}-{number}", command="true"))
        for claim in take(store, name, JOBS):
            write_output(logs, claim.lease.seq, 1, claim.job_id.encode())
            store.reports.complete(claim.lease, Ended(0, None, Printed(len(claim.job_id))))


def printed(data_dir: Path) -> dict[str, str]:
    """What each job has printed, by id."""
    logs = opened_logs(data_dir)
    with opened(data_dir / "queue.db") as store:
        jobs = store.jobs.page(Filter(), limit=10 * JOBS).items
    return {job.id: logs.read(job.seq, 1).content.decode() for job in jobs}


def test_an_api_that_is_killed_during_a_restore_leaves_the_old_or_the_new_state(own: System, tmp_path: Path) -> None:
    states = []
    tars = []
    with started_api(own, tmp_path):
        eventually(lambda: is_ready(own.url))
        for name in ("old", "new"):
            fill(tmp_path, name)
            states.append(printed(tmp_path))
            tars.append(back_up(own))
        begun = time.monotonic()
        restore(own, tars[0]).raise_for_status()
        takes = time.monotonic() - begun
    moments = times(3, 40)
    for moment in range(moments):
        with started_api(own, tmp_path) as api:
            eventually(lambda: is_ready(own.url))
            assert restore(own, tars[0]).json() == {"jobs": JOBS, "logs": JOBS}

            def interrupted() -> None:
                with suppress(httpx.TransportError):
                    restore(own, tars[1])

            thread = threading.Thread(target=interrupted)
            thread.start()
            time.sleep(takes * moment / moments)
            os.killpg(api.pid, signal.SIGKILL)
            thread.join()
        now = printed(tmp_path)
        assert now in states
        assert all(output == job_id for job_id, output in now.items())
    with started_api(own, tmp_path):
        eventually(lambda: is_ready(own.url))
        eventually(lambda: not (tmp_path / "restore").exists())
        restore(own, tars[1]).raise_for_status()
    assert printed(tmp_path) == states[1]
    assert len(list((tmp_path / "logs").rglob("*.log"))) == len(states[1])
