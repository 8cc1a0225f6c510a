"""PostgreSQL, two replicas of the API and four workers, without a file that an API and a worker share."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.lacking import lacking
from tests.names import unique
from tests.running import eventually
from tests.signed_in import client, http
from tests.stack.page.steps import row, visit
from tests.stack.stacks import WORKERS, Containers, docker, engine_answers
from tests.stack.tour import paste_all
from tests.system import System

pytestmark = [pytest.mark.containers, pytest.mark.xdist_group("replicas"), pytest.mark.timeout(600)]

JOBS = 1000
SERVED = re.compile(r'^queuectl_http_request_duration_seconds_count\{.*route="/api/status".*\} (\d+)', re.MULTILINE)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """A running system."""
    if not engine_answers():
        lacking("no container engine answers")
    files = "docker-compose.yml", "deploy/postgres.yml"
    stack = Containers(tmp_path_factory.mktemp("replicas"), *files, api_processes=1)
    try:
        stack.start()
        yield stack
    finally:
        stack.remove()


@pytest.fixture
def replicas(stack: Containers) -> list[System]:
    """Each replica of the API alone."""
    replicas = [System(f"http://{address}:8000") for address in stack.addresses("api")]
    assert len(replicas) == 2
    return replicas


def test_a_thousand_jobs_run_once_and_each_replica_has_their_output(system: System, replicas: list[System]) -> None:
    tag = unique()
    lines = {f"{tag}-{n}": n if n % 10 else 1000 for n in range(1, JOBS + 1)}
    jobs = [{"id": job_id, "command": f"seq {count}", "tags": [tag]} for job_id, count in lines.items()]
    assert system.queuectl("enqueue", "-", given="\n".join(map(json.dumps, jobs))).out.split() == list(lines)
    unfinished = f"/api/jobs?tag={tag}&state=pending,processing,failed&limit=1"
    eventually(lambda: not system.get(unfinished)["items"], patience=240)
    for replica in replicas:
        ended = json.loads(replica.queuectl("list", "--tag", tag, "--all", "--json").out)
        assert sorted(job["id"] for job in ended) == sorted(lines)
        assert {(job["state"], job["attempts"]) for job in ended} == {("completed", 1)}
        assert len({job["worker"] for job in ended}) == WORKERS
        with client(replica.url) as api:
            for job_id, count in [*lines.items()][::7]:
                assert api.get(f"/api/logs/{job_id}").text == "".join(f"{n}\n" for n in range(1, count + 1))


def test_what_one_replica_changes_the_other_one_shows(replicas: list[System]) -> None:
    one, other = replicas
    job_id = one.enqueue("echo begun; [ $QUEUECTL_ATTEMPT = 2 ] || sleep 600")
    eventually(lambda: other.log(job_id) == "begun\n")
    assert other.queuectl("cancel", job_id).status == 0
    one.in_state(job_id, "cancelled")
    assert one.queuectl("retry", job_id).status == 0
    assert [attempt["state"] for attempt in other.in_state(job_id, "completed")["history"]] == [
        "cancelled",
        "completed",
    ]


def test_the_page_shows_jobs_while_they_run(page: Page, stack: Containers, replicas: list[System]) -> None:
    name = unique()
    visit(page, stack, "/jobs")
    replicas[0].enqueue("echo begun; sleep 600", id=name)
    expect(row(page, name)).to_contain_text("processing")
    page.goto(f"{stack.page}/jobs/{name}")
    expect(page.get_by_role("log")).to_contain_text("begun")
    replicas[1].queuectl("cancel", name)
    expect(page.get_by_text("cancelled").first).to_be_visible()


def test_every_line_of_the_readmes_tour_works(system: System, tmp_path: Path) -> None:
    paste_all(system, tmp_path)


def served(replica: System) -> int:
    return sum(map(int, SERVED.findall(http.get(f"{replica.url}/metrics").raise_for_status().text)))


def test_replicas_share_requests_and_one_may_stop(stack: Containers, system: System, replicas: list[System]) -> None:
    with ThreadPoolExecutor(16) as clients:
        list(clients.map(lambda _: system.get("/api/status"), range(160)))
        assert all(served(replica) for replica in replicas)
        first, _ = stack.containers("api")
        stopping = clients.submit(docker, "stop", first)
        while not stopping.done():
            assert system.get("/api/status")["workers"] == WORKERS
    docker("start", first)
    eventually(lambda: len(healthy(stack, "api")) == 2, patience=240)


def healthy(stack: Containers, service: str) -> list[str]:
    form = "{{.State.Health.Status}}"
    return [found for found in stack.containers(service) if docker("inspect", "-f", form, found).strip() == "healthy"]


CONNECT = """
import socket
with socket.socket(socket.AF_UNIX) as client:
    client.connect("/run/database/.s.PGSQL.5432")
"""


def test_a_command_reaches_no_database(stack: Containers, system: System) -> None:
    job_id = system.enqueue(f"env | grep -i postgres; python3 -c '{CONNECT}'", max_retries=0)
    system.in_state(job_id, "dead")
    assert re.search("PermissionError.*denied", system.log(job_id)) and "postgresql" not in system.log(job_id)
    [database] = stack.containers("database")
    assert docker("inspect", "-f", "{{.HostConfig.NetworkMode}}", database).strip() == "none"


def test_a_command_cannot_plant_passwords_or_certificates_for_the_worker(stack: Containers, system: System) -> None:
    home = docker("exec", stack.containers("worker")[0], "printenv", "HOME").strip()
    job_id = system.enqueue(f"mkdir -p {home}/.postgresql", max_retries=0)
    system.in_state(job_id, "dead")
    assert re.search("denied|Read-only", system.log(job_id))
    assert home != "/root", "whose files cannot be read: a connection with TLS would fail"


def volumes(container: str) -> set[str]:
    return {mount["Name"] for mount in json.loads(docker("inspect", "-f", "{{json .Mounts}}", container))}


def test_replicas_share_the_first_token_and_workers_no_data(stack: Containers) -> None:
    one, other = map(volumes, stack.containers("api"))
    assert one == other
    for worker in stack.containers("worker"):
        assert volumes(worker) and not volumes(worker) & one
