"""POST /api/jobs/batch: many jobs, all or none."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import JOB_BYTES
from queuectl_core.model.sort import Sort
from queuectl_core.store.store import Store
from tests.names import unique
from tests.opened import opened
from tests.running import eventually, migrate, processes, running_api
from tests.signed_in import HEADERS, http

NDJSON = {"Content-Type": "application/x-ndjson"}
JSON = {"Content-Type": "application/json"}


def in_queue(store: Store, queue: str) -> list[str]:
    return [job.id for job in store.jobs.page(Filter(queues=(queue,)), limit=500, sort=Sort.OLDEST).items]


def test_a_json_array_and_ndjson_mean_the_same(api: httpx.Client, store: Store) -> None:
    for headers in (JSON, NDJSON):
        queue = unique()
        jobs = [{"command": f"echo {number}", "queue": queue, "delay": 1.5} for number in range(3)]
        content = json.dumps(jobs) if headers is JSON else "\n".join(json.dumps(job) for job in jobs)
        answer = api.post("/api/jobs/batch", content=content, headers=headers)
        assert answer.status_code == 201
        assert answer.json() == {"count": 3, "ids": in_queue(store, queue), "existing": []}


def test_blank_lines_and_a_missing_last_line_break_do_not_matter(api: httpx.Client) -> None:
    answer = api.post("/api/jobs/batch", content='\n{"command": "a"}\r\n\n{"command": "b"}', headers=NDJSON)
    assert answer.json()["count"] == 2


@pytest.mark.parametrize(
    ("content", "headers", "said"),
    [
        ('{"command": "a"}\n\n{"command": ""}', NDJSON, "line 3: command"),
        ('{"command": "a"}\n{"command": ', NDJSON, "line 2: body: is not valid JSON"),
        ('{"command": "a"}\n["b"]', NDJSON, "line 2"),
        ('{"command": "a"},{"command": "b"}\n{"command": "c"', NDJSON, "line 1: body: is not valid JSON"),
        ('{"command": "a"},{"command": "b"}\n{"command": "c",\n"queue": "q"}', NDJSON, "line 1: body"),
        ('{"command": "a"},{"command": "b"}\n{"command": "c}\n{d"}', NDJSON, "line 1: body"),
        ('{"command": "a"}\n{"command": "b"}' + " " * JOB_BYTES, NDJSON, "line 2: is longer"),
        ('{"command": "a", "nope": 1}', NDJSON, "line 1: nope: unknown field"),
        ('[{"command": "a"}, {"command": 3}]', JSON, "item 2: command 3"),
        ('[{"command": "a"}, {"command": "b"}', JSON, "not valid JSON"),
        ('[{"command": "a", "delay": NaN}]', JSON, "item 1: delay"),
        ('[{"command": "a"}] 3', JSON, "more after the array"),
        ('[{"command": "a"} {"command": "b"}]', JSON, "not valid JSON"),
        ('[{"command": "a"}, ' + "[" * 500_000, JSON, "item 2: the body is not valid JSON: it is nested too deeply"),
        ('{"command": "a", "env": ' + "[" * 900, NDJSON, "line 1: body: is not valid JSON: recursion"),
        ('{"command": "a", "env": ' + "[" * 500_000, NDJSON, "line 1: holds more than 1000 fields and items"),
        (
            '[{"command": "a"}, {"env": x}' + ', {"command": "b"}' * 5000,
            JSON,
            "item 2: the body is not valid JSON: Exp",
        ),
        ('[{"command": ' + "9" * 5000 + "}]", JSON, "too many digits"),
        (r'[{"command": "\ud800"}]', JSON, "surrogate"),
        ('{"command": "a"}', JSON, "must be a JSON array"),
        ("[]", JSON, "empty"),
        ("", NDJSON, "empty"),
        (b'{"command": "\xff"}', NDJSON, "line 1"),
        (b'[{"command": "\xff"}]', JSON, "not valid JSON"),
    ],
)
def test_an_error_names_its_place_and_nothing_is_enqueued(
    api: httpx.Client, store: Store, content: str | bytes, headers: dict[str, str], said: str
) -> None:
    before = store.jobs.counts()
    refusal = api.post("/api/jobs/batch", content=content, headers=headers)
    assert refusal.status_code == 422
    assert said in refusal.json()["detail"]
    assert store.jobs.counts() == before


@pytest.mark.parametrize(("headers", "place"), [(JSON, "item"), (NDJSON, "line")])
class TestIds:
    """One that cannot be taken refuses the batch, and is named with its place."""

    def refused(self, api: httpx.Client, headers: dict[str, str], *jobs: dict[str, str]) -> Any:
        """What is said about a batch of these jobs, of which none is in the queue then."""
        content = json.dumps(jobs) if headers is JSON else "\n".join(map(json.dumps, jobs))
        refusal = api.post("/api/jobs/batch", content=content, headers=headers)
        assert refusal.status_code == 409
        return refusal.json()

    def test_an_id_that_is_given_twice(
        self, api: httpx.Client, store: Store, headers: dict[str, str], place: str
    ) -> None:
        twice, queue = unique(), unique()
        jobs = [{"command": "true", "queue": queue, "id": job_id} for job_id in (unique(), twice, unique(), twice)]
        refusal = self.refused(api, headers, *jobs)
        assert refusal["detail"].startswith(f"{place} 4: the id {twice!r} is given twice")
        assert refusal["detail"].endswith(f"({place} 2 has it as well)")
        assert "same" not in refusal
        assert in_queue(store, queue) == []

    def test_an_id_that_is_taken(self, api: httpx.Client, store: Store, headers: dict[str, str], place: str) -> None:
        queue = unique()
        jobs = [{"command": "true", "queue": queue, "id": unique()} for _ in range(3)]
        api.post("/api/jobs", json=jobs[1]).raise_for_status()
        refusal = self.refused(api, headers, *jobs)
        assert refusal["detail"].startswith(f"{place} 2: a job with the id {jobs[1]['id']!r} exists already")
        assert refusal["same"] is True
        assert self.refused(api, headers, jobs[0], jobs[1] | {"command": "false"})["same"] is False
        assert in_queue(store, queue) == [jobs[1]["id"]]


def test_another_kind_of_body_is_refused(api: httpx.Client) -> None:
    assert api.post("/api/jobs/batch", content="a,b", headers={"Content-Type": "text/csv"}).status_code == 415


def test_an_array_is_read_whatever_its_spaces_and_its_length(api: httpx.Client, store: Store) -> None:
    queue = unique()
    job = json.dumps({"command": "true # " + "ü" * 20_000, "queue": queue, "delay": 60}, ensure_ascii=False)
    content = "\n\t[ " + " ,\r\n".join([job] * 20) + "\n ] \n"
    assert api.post("/api/jobs/batch", content=content, headers=JSON).json()["count"] == 20
    assert len(in_queue(store, queue)) == 20


def test_an_array_of_many_short_jobs_is_no_large_job(api: httpx.Client) -> None:
    jobs = [{"command": f"echo {number}", "delay": 1000, "tags": ["many"]} for number in range(20_000)]
    for body in (json.dumps(jobs), json.dumps(jobs, indent=1), json.dumps(jobs, separators=(",", ":"))):
        answer = api.post("/api/jobs/batch", content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json().get("count")) == (201, len(jobs)), answer.text


def test_a_client_that_breaks_off_leaves_nothing(url: str, store: Store) -> None:
    queue = unique()

    def broken_off() -> Iterator[bytes]:
        for _ in range(5000):
            yield json.dumps({"command": "true", "queue": queue}).encode() + b"\n"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        http.post(f"{url}/api/jobs/batch", content=broken_off(), headers=NDJSON)
    assert in_queue(store, queue) == []


def test_clients_that_do_not_wait_for_the_answer_leave_no_descriptors(tmp_path: Path) -> None:
    migrate(tmp_path)
    head = b"POST /api/jobs/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += f"Authorization: {HEADERS['Authorization']}\r\n".encode()
    request = head + b'Content-Length: 22\r\n\r\n[{"command": "true" }]'

    def descriptors() -> int:
        opened = [link for process in processes(tmp_path) for link in (process / "fd").iterdir()]
        return sum(os.path.realpath(link) == str(tmp_path / "queue.db-wal") for link in opened)  # one per connection

    with running_api(tmp_path, api_processes=1) as url, opened(tmp_path / "queue.db") as store:
        before = descriptors() + 4  # connections of readers, which are kept
        with store.transaction():
            clients = [socket.create_connection((httpx.URL(url).host, httpx.URL(url).port)) for _ in range(5)]
            for client in clients:
                client.sendall(request)
            eventually(lambda: descriptors() > before)  # they wait for the lock
            for client in clients:
                client.close()
        eventually(lambda: descriptors() <= before)


def test_memory_does_not_grow_with_the_batch(api: httpx.Client, data_dir: Path) -> None:
    line = json.dumps({"command": "true # " + "x" * 200, "queue": unique(), "delay": 86_400}).encode() + b"\n"

    def lines(count: int) -> Iterator[bytes]:
        for _ in range(count // 1000):
            yield line * 1000

    def largest() -> int:
        return max(peak(path) for path in processes(data_dir))

    api.post("/api/jobs/batch", content=lines(10_000), headers=NDJSON, timeout=300)
    before = largest()
    answer = api.post("/api/jobs/batch", content=lines(200_000), headers=NDJSON, timeout=300)
    assert answer.json()["count"] == 200_000
    assert largest() - before < 40_000, "kilobytes for 44 MB of jobs"


def peak(process: Path) -> int:
    try:
        [line] = [line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM")]
    except (OSError, ValueError):
        return 0
    return int(line.split()[1])
