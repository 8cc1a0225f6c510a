"""GET /metrics: the same whichever process answers, never going back, bounded."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from queuectl_core.model.counters import MOST_QUEUES, OTHER
from queuectl_core.store.store import Store
from tests.api.attempts import claimed, end, ended
from tests.names import unique
from tests.running import eventually, migrate, running_api
from tests.signed_in import client, http
from tests.store.attempts import register


class Scrape:
    """What was answered, looked up by name and labels; None where there is no such sample."""

    def __init__(self, text: str) -> None:
        self.samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def get(self, name: str, **labels: str) -> float | None:
        return self.samples.get((f"queuectl_{name}", frozenset(labels.items())))

    def answered(self, method: str, route: str, status: str) -> float:
        """How many requests were."""
        return self.get("http_request_duration_seconds_count", method=method, route=route, status=status) or 0

    def labels(self, name: str) -> set[str]:
        """All values of a label."""
        return {value for _, labels in self.samples for label, value in labels if label == name}

    def pids(self) -> set[int]:
        return set(map(int, self.labels("pid")))


def scrape(url: str) -> Scrape:
    """By a connection of its own: it may be any process that answers."""
    return Scrape(http.get(f"{url}/metrics").raise_for_status().text)


def several(url: str) -> list[Scrape]:
    """Enough requests that both processes answer, but for one time in 250,000."""
    return [scrape(url) for _ in range(20)]


# Jobs


def counted(found: Scrape, queue: str) -> dict[str, float | None]:
    flows = ("enqueued", "completed", "failed", "dead", "cancelled", "retried")
    return {flow: found.get(f"jobs_{flow}_total", queue=queue) for flow in flows}


def test_what_happens_to_jobs_is_counted_by_queue(api: httpx.Client, url: str, store: Store) -> None:
    claim = claimed(store, max_retries=1, backoff_base=0)
    end(store, claim, exit_code=3)
    [again] = store.claims.claim("api-tests", 1, [claim.queue])
    end(store, again, exit_code=3)
    api.post(f"/api/jobs/{claim.job_id}/retry")
    api.post(f"/api/jobs/{claim.job_id}/cancel")
    api.post("/api/jobs", json={"command": "true", "queue": claim.queue})
    [other] = store.claims.claim("api-tests", 1, [claim.queue])
    end(store, other)
    found = scrape(url)
    assert counted(found, claim.queue) == {
        "enqueued": 2, "completed": 1, "failed": 2, "dead": 1, "cancelled": 1, "retried": 1,
    }  # fmt: skip
    for duration in ("wait", "run"):
        name, of_queue = f"job_{duration}_seconds", {"queue": claim.queue}
        assert found.get(f"{name}_count", **of_queue) == found.get(f"{name}_bucket", **of_queue, le="+Inf") == 3
        assert (found.get(f"{name}_sum", **of_queue) or 0) > 0


def test_a_bucket_holds_those_before_it(api: httpx.Client, url: str, store: Store) -> None:
    queue = claimed(store).queue
    found = scrape(url)
    bounds = sorted(float(bound) for bound in found.labels("le"))
    held = [found.get("job_wait_seconds_bucket", queue=queue, le=str(bound).replace("inf", "+Inf")) for bound in bounds]
    present = [number for number in held if number is not None]
    assert present == sorted(present)
    assert (present[-1], len(present) > 10) == (1, True)


def test_no_counter_falls_where_jobs_are_deleted(api: httpx.Client, url: str, store: Store) -> None:
    done, died = ended(store), ended(store, exit_code=1)
    queues = [store.jobs.get(job_id).queue for job_id in (done, died)]
    before = [counted(scrape(url), queue) for queue in queues]
    api.delete(f"/api/jobs/{done}").raise_for_status()
    api.delete("/api/dlq", params={"queue": queues[1]}).raise_for_status()
    assert [counted(scrape(url), queue) for queue in queues] == before
    assert before[0]["completed"] == before[1]["dead"] == 1


def test_a_queue_tells_whether_anybody_takes_from_it(api: httpx.Client, url: str, store: Store) -> None:
    name = register(store, unique())  # with four slots, for all queues
    api.post("/api/jobs", json={"command": "true", "queue": (queue := unique())})
    slots = scrape(url).get("queue_slots", queue=queue) or 0
    assert slots >= 4
    store.workers.unregister(name)
    assert scrape(url).get("queue_slots", queue=queue) == slots - 4


def test_a_queue_that_is_deleted_is_not_told_of_any_more(api: httpx.Client, url: str, store: Store) -> None:
    job_id = ended(store)
    queue = store.jobs.get(job_id).queue
    api.delete(f"/api/jobs/{job_id}").raise_for_status()
    assert queue in scrape(url).labels("queue")
    api.delete(f"/api/queues/{queue}").raise_for_status()
    assert queue not in scrape(url).labels("queue")


def test_the_room_that_is_left_is_told(url: str, data_dir: Path) -> None:
    found = scrape(url)
    assert found.get("disk_bytes") == os.statvfs(data_dir).f_blocks * os.statvfs(data_dir).f_frsize
    assert 0 < (found.get("disk_free_bytes") or 0) <= (found.get("disk_bytes") or 0)


# Requests


def test_requests_are_counted_in_whichever_process_they_were(api: httpx.Client, url: str) -> None:
    asked = ("GET", "/api/jobs/{id}/runs", "4xx")
    before = scrape(url).answered(*asked)
    for _ in range(20):
        http.get(f"{url}/api/jobs/{unique()}/runs")
    assert {found.answered(*asked) for found in several(url)} == {before + 20}


@pytest.mark.parametrize(
    ("method", "path", "json", "counted"),
    [
        ("POST", "/api/jobs", {"command": "true", "delay": 3600}, ("POST", "/api/jobs", "2xx")),
        ("POST", "/api/jobs", {"command": ""}, ("POST", "/api/jobs", "4xx")),
        ("GET", "/api/jobs?limit=1", None, ("GET", "/api/jobs", "2xx")),
        ("GET", "/api/queues", None, ("GET", "/api/queues", "2xx")),
        ("PATCH", "/api/queues/a b", {}, ("PATCH", "/api/queues/{name}", "4xx")),
        ("PUT", "/api/queues/a", {}, ("PUT", OTHER, "4xx")),
        ("GET", "/nowhere", None, ("GET", OTHER, "4xx")),
        ("GET", "/api/jobs/", None, ("GET", OTHER, "4xx")),
        ("PROPFIND", "/api/jobs", None, (OTHER, OTHER, "4xx")),
    ],
)
def test_a_request_is_counted_by_what_it_asks_for(
    api: httpx.Client, url: str, method: str, path: str, json: object, counted: tuple[str, str, str]
) -> None:
    before = scrape(url).answered(*counted)
    api.request(method, path, json=json)
    assert scrape(url).answered(*counted) == before + 1


def test_a_request_from_nobody_is_counted_where_it_went(url: str) -> None:
    before = scrape(url)
    httpx.get(f"{url}/api/jobs")
    httpx.get(f"{url}/api/jobs", headers={"Host": "elsewhere.example"})
    assert scrape(url).answered("GET", "/api/jobs", "4xx") == before.answered("GET", "/api/jobs", "4xx") + 2


def test_no_address_becomes_a_label(api: httpx.Client, url: str) -> None:
    eventually(lambda: len(scrape(url).pids()) == 3)  # the first scrape, and each process, add samples of their own
    for path in (f"/api/jobs/{unique()}", f"/{unique()}", f"/api/queues/{unique()}", f"/assets/{unique()}.js"):
        before = len(scrape(url).samples)
        for _ in range(3):
            api.get(path)
            api.get(f"{path}{unique()}")
        after = scrape(url)
        assert len(after.samples) <= before + 14, "one histogram at most"
    known = set(api.get("/api/openapi.json").json()["paths"])
    assert after.labels("route") <= {*known, OTHER}
    assert after.labels("status") <= {"2xx", "3xx", "4xx", "5xx"}


def test_a_stream_counts_when_it_begins(api: httpx.Client, url: str) -> None:
    before = scrape(url).answered("GET", "/api/events", "2xx")
    with api.stream("GET", "/api/events") as response:
        next(response.iter_lines())
        assert scrape(url).answered("GET", "/api/events", "2xx") == before + 1


# A system of its own


@pytest.fixture
def own(tmp_path: Path) -> Iterator[str]:
    """Where an API of two processes listens."""
    migrate(tmp_path)
    with running_api(tmp_path, api_processes=2) as url:
        yield url


def begun(url: str) -> set[int]:
    """The parent and its two processes, once they have begun."""
    try:
        pids = scrape(url).pids()
    except httpx.TransportError:  # that one has just been killed
        return set()
    return pids if len(pids) == 3 else set()


def forked(pids: set[int]) -> set[int]:
    """Those of them whose parent is another of them."""
    return {pid for pid in pids if int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) in pids}


def test_nothing_goes_back_where_processes_die(own: str) -> None:
    pids = eventually(lambda: begun(own))
    for _ in range(20):
        http.post(f"{own}/api/jobs", json={"command": "true"}).raise_for_status()
    killed = forked(pids)
    assert len(killed) == 2
    for process in killed:
        os.kill(process, signal.SIGKILL)
    eventually(lambda: (now := begun(own)) and not now & killed)
    for found in several(own):
        assert found.answered("POST", "/api/jobs", "2xx") == found.get("jobs_enqueued_total", queue="default") == 20


def test_each_process_is_told_of_by_whichever_answers(own: str) -> None:
    pids = eventually(lambda: begun(own))
    for found in several(own):
        assert found.pids() == pids
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"):
        assert all((name, frozenset({("pid", str(pid))})) in found.samples for pid in pids)


def test_faults_of_the_api_are_counted(own: str, tmp_path: Path) -> None:
    (tmp_path / "queue.db").rename(tmp_path / "away.db")
    assert http.get(f"{own}/readyz").status_code == 503
    (tmp_path / "away.db").rename(tmp_path / "queue.db")
    assert scrape(own).answered("GET", "/readyz", "5xx") == 1


def test_queues_beyond_a_number_are_told_of_together(own: str, tmp_path: Path) -> None:
    with client(own) as api:
        jobs = [{"command": "true", "queue": f"q{number}"} for number in range(MOST_QUEUES + 5)]
        api.post("/api/jobs/batch", json=jobs).raise_for_status()
        api.patch("/api/queues/paused", json={"paused": True}).raise_for_status()
        found = scrape(own)
        assert len(found.labels("queue")) == MOST_QUEUES + 1
        assert (found.get("queue_ready", queue=OTHER), found.get("jobs_enqueued_total", queue=OTHER)) == (5, 5)
        assert found.get("queue_paused", queue=OTHER) == 0
        assert (found.get("queue_latency_seconds", queue=OTHER) or 0) > 0
