"""A request means what it says: what nobody reads, and conditions that say nothing, are refused."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from queuectl_core.model.new_job import NewJob
from queuectl_core.store.store import Store
from tests import openapi
from tests.names import unique

PATHS: dict[str, dict[str, Any]] = openapi.document()["paths"]
TIMES = ("since", "until", "enqueued_since", "enqueued_until", "finished_since", "finished_until")
FILTERS = ("q", "error", "queue", "tag", "worker", "command", "failure", *TIMES)


def operations() -> Iterator[Any]:
    """All that the schema names: method, path, and what it says of it."""
    for path, methods in PATHS.items():
        for method, operation in methods.items():
            yield pytest.param(method.upper(), path, operation, id=f"{method.upper()} {path}")


def ask(api: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
    """A request about something that is not there."""
    address = path.replace("{id}", "nothing").replace("{name}", "nothing").replace("{key}", "timeout")
    return api.request(method, address, **more)


@pytest.mark.parametrize(("method", "path", "operation"), list(operations()))
def test_an_unknown_parameter_is_refused(api: httpx.Client, method: str, path: str, operation: dict[str, Any]) -> None:
    body: dict[str, Any] = {"json": {}} if "requestBody" in operation else {}
    refusal = ask(api, method, path, params={"colour": "red"}, **body)
    assert refusal.status_code == 422
    if not body:  # otherwise that is judged first, or as well
        assert refusal.json()["detail"] == "colour: unknown parameter"


@pytest.mark.parametrize(("method", "path", "operation"), list(operations()))
def test_a_parameter_that_is_given_twice_is_refused(
    api: httpx.Client, method: str, path: str, operation: dict[str, Any]
) -> None:
    names = [parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"]
    for name in names if "requestBody" not in operation else ():
        refusal = ask(api, method, path, params=[(name, "1"), (name, "1")])
        assert refusal.status_code == 422
        assert f"{name}: is given twice" in refusal.json()["detail"]


@pytest.mark.parametrize(("method", "path", "operation"), list(operations()))
def test_a_body_that_nobody_reads_is_refused(
    api: httpx.Client, method: str, path: str, operation: dict[str, Any]
) -> None:
    if "requestBody" not in operation:
        refusal = ask(api, method, path, json={"filter": {"q": "x"}})
        assert (refusal.status_code, refusal.json()["detail"].partition(":")[0]) == (422, "body")


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("act", ["DELETE /api/dlq", "POST /api/dlq/retry", "GET /api/dlq", "GET /api/count"])
def test_an_empty_condition_is_refused_and_changes_nothing(
    api: httpx.Client, store: Store, act: str, name: str
) -> None:
    before = store.jobs.counts()
    method, path = act.split()
    for empty in {"", ","} if name in ("queue", "tag", "worker") else {""}:
        refusal = api.request(method, path, params={name: empty})
        assert refusal.status_code == 422
        assert refusal.json()["detail"].startswith(f"{name} ")
    assert store.jobs.counts() == before


def test_several_values_with_commas_mean_any_of_them(api: httpx.Client, store: Store) -> None:
    one, two = unique(), unique()
    for name in (one, one, two):
        store.enqueue(NewJob(command="true", queue=name, tags=[name]))
    for name in ("queue", "tag"):
        assert api.get("/api/count", params={name: f"{one},{two}"}).json()["count"] == 3
        assert api.get("/api/count", params={name: f"{two},{two}"}).json()["count"] == 1
    page = api.get("/api/jobs", params={"tag": f"{one},{two}", "state": "pending,dead"}).json()
    assert [job["queue"] for job in page["items"]] == [two, one, one]
    cancelled = api.post("/api/jobs/bulk", json={"action": "cancel", "filter": {"queue": f"{one},{two}"}}).json()
    assert cancelled["changed"] == 3


def test_no_more_than_20_values_are_taken(api: httpx.Client) -> None:
    refusal = api.get("/api/count", params={"queue": ",".join(map(str, range(21)))})
    assert (refusal.status_code, "up to 20 separated by commas" in refusal.json()["detail"]) == (422, True)
