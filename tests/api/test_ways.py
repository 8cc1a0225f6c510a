"""The three ways to enqueue (one job, an array, NDJSON) read JSON alike."""

import json
from codecs import BOM_UTF8
from typing import Any

import httpx
import pytest

from queuectl_core.model.filter import Filter
from queuectl_core.store.store import Store
from tests.names import unique

ONE, ARRAY, LINES = "one job", "an array", "NDJSON"
JSON, NDJSON = "application/json", "application/x-ndjson"


def send(api: httpx.Client, way: str, *jobs: str, before: bytes = b"") -> httpx.Response:
    """Enqueue jobs, given as JSON, in that way: of one job at a time the last answer."""
    if way == ONE:
        answers = [api.post("/api/jobs", content=before + job.encode(), headers={"Content-Type": JSON}) for job in jobs]
        return answers[-1]
    content = f"[{', '.join(jobs)}]" if way == ARRAY else "\n".join(jobs)
    kind = JSON if way == ARRAY else NDJSON
    return api.post("/api/jobs/batch", content=before + content.encode(), headers={"Content-Type": kind})


def only_job(store: Store, queue: str) -> Any:
    [job] = store.jobs.page(Filter(queues=(queue,)), limit=9).items
    return job


@pytest.mark.parametrize("way", [ONE, ARRAY, LINES])
class TestEachWay:
    """The same is taken, and refused, whichever way it comes."""

    def test_a_byte_order_mark_is_passed_over(self, api: httpx.Client, way: str) -> None:
        assert send(api, way, '{"command": "true", "delay": 60}', before=BOM_UTF8).status_code == 201

    @pytest.mark.parametrize(
        ("fields", "name"),
        [
            ('"command": "echo a", "command": "echo b"', "command"),
            ('"command": "curl http://a:80", "queue": "a", "queue": "a"', "queue"),
            ('"command": "a", "command": ""', "command"),
            (r'"command": "true", "tags": ["a"], "ta\u0067s": []', "tags"),
            ('"command": "true", "env": {"A": "1", "A": "2"}', "A"),
            ('"command": "true", "limits": {"cpu": 1, "cpu": null}', "cpu"),
            ('"command": "true", "env": {}, "env": {}', "env"),
        ],
    )
    def test_a_name_that_is_given_twice_is_refused(self, api: httpx.Client, way: str, fields: str, name: str) -> None:
        good = '{"command": "true", "delay": 60}'
        refusal = send(api, way, good, good, f"{{{fields}}}")
        where = {ONE: "", ARRAY: "item 3: ", LINES: "line 3: "}[way]
        assert refusal.status_code == 422
        assert refusal.json()["detail"] == f"{where}{name}: is given twice: give it once"
        assert refusal.json()["errors"][0]["field"] == name

    def test_names_within_a_text_are_no_fields(self, api: httpx.Client, way: str) -> None:
        job = {"command": 'echo \'{"queue": "a", "queue": "b"}\'', "env": {"queue": "a:b"}, "delay": 60}
        assert send(api, way, json.dumps(job)).status_code == 201

    def test_null_is_as_if_the_field_were_left_out(self, api: httpx.Client, store: Store, way: str) -> None:
        names = ("id", "priority", "run_at", "delay", "max_retries", "backoff_base", "timeout", "env", "cwd", "tags")
        nulls = dict.fromkeys((*names, "limits", "sandbox"))
        queues = unique(), unique()
        for queue, more in zip(queues, ({}, nulls), strict=True):
            assert send(api, way, json.dumps({"command": "true", "queue": queue} | more)).status_code == 201
        left_out, null = (only_job(store, queue) for queue in queues)
        for name in ("priority", "run_at", "max_retries", "backoff_base", "timeout", "env", "cwd", "tags", "sandbox"):
            assert getattr(null, name) == getattr(left_out, name), name
        assert null.next_run_at == null.created_at

    def test_no_queue_is_the_default_queue(self, api: httpx.Client, store: Store, way: str) -> None:
        job_id = unique()
        job = {"command": "true", "id": job_id, "queue": None, "delay": 60}
        assert send(api, way, json.dumps(job)).status_code == 201
        assert store.jobs.get(job_id).queue == "default"

    def test_what_is_wrong_with_the_last_job_is_told_at_its_place(self, api: httpx.Client, way: str) -> None:
        good = '{"command": "true", "delay": 60}'
        refusal = send(api, way, good, good, '{"command": ""}')
        assert refusal.json()["detail"].startswith({ONE: "command", ARRAY: "item 3: ", LINES: "line 3: "}[way])


def test_a_change_of_a_job_reads_json_as_well(api: httpx.Client) -> None:
    job = api.post("/api/jobs", json={"command": "true", "queue": unique(), "priority": 5, "delay": 60}).json()
    twice = '{"priority": 1, "priority": 2}'
    refusal = api.patch(f"/api/jobs/{job['id']}", content=twice, headers={"Content-Type": JSON})
    assert (refusal.status_code, refusal.json()["detail"]) == (422, "priority: is given twice: give it once")
    changed = api.patch(f"/api/jobs/{job['id']}", json={"queue": None, "priority": None, "tags": None}).json()
    assert (changed["queue"], changed["priority"], changed["tags"]) == ("default", 0, [])
