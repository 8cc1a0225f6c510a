"""Charts of what happened, over HTTP."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import httpx
import pytest

from queuectl_core.model.new_job import NewJob
from queuectl_core.store.store import Store
from tests.api.attempts import claimed, end
from tests.names import unique

SPANS = {"5m": (10, 30), "1h": (30, 120), "6h": (300, 72), "24h": (900, 96), "7d": (7200, 84), "30d": (21_600, 120)}


def series(api: httpx.Client, **query: str) -> dict[str, Any]:
    answer: dict[str, Any] = api.get("/api/series", params=query).raise_for_status().json()
    return answer


@pytest.mark.parametrize("span", SPANS)
def test_points_are_aligned_and_the_last_one_is_now(api: httpx.Client, span: str) -> None:
    step, points = SPANS[span]
    chart = series(api, span=span)
    moments = [datetime.fromisoformat(point["at"]).timestamp() for point in chart["points"]]
    assert (chart["step"], len(moments)) == (step, points)
    assert all(moment % step == 0 for moment in moments)
    assert all(later - sooner == step for sooner, later in pairwise(moments))
    assert 0 <= datetime.now(UTC).timestamp() - moments[-1] < 2 * step


def test_what_happens_to_a_queue_is_in_its_series(api: httpx.Client, store: Store) -> None:
    queue = unique()
    api.post("/api/jobs", json={"command": "true", "queue": queue}).raise_for_status()
    body = "".join(f'{{"command": "true", "queue": "{queue}"}}\n' for _ in range(1500))
    headers = {"content-type": "application/x-ndjson"}
    api.post("/api/jobs/batch", content=body, headers=headers).raise_for_status()
    cancelled = store.enqueue(NewJob(command="true", queue=queue))
    api.post(f"/api/jobs/{cancelled}/cancel").raise_for_status()
    chart = series(api, span="30d", queue=queue)
    assert totals(chart) == {"enqueued": 1502, "completed": 0, "failed": 0, "dead": 0, "cancelled": 1}
    assert [point["waiting"] for point in chart["points"]] == [0] * 119 + [1501]
    assert chart["run"] is chart["wait"] is chart["points"][-1]["wait"] is None


def totals(chart: dict[str, Any]) -> dict[str, int]:
    flows = ("enqueued", "completed", "failed", "dead", "cancelled")
    return {flow: sum(point[flow] for point in chart["points"]) for flow in flows}


def test_attempts_have_ends_waits_and_runs(api: httpx.Client, store: Store) -> None:
    good, bad = claimed(store), claimed(store, max_retries=0)
    end(store, good)
    end(store, bad, exit_code=1)
    assert totals(series(api, queue=good.queue)) | {"enqueued": 0} == {
        "enqueued": 0,
        "completed": 1,
        "failed": 0,
        "dead": 0,
        "cancelled": 0,
    }
    chart = series(api, queue=bad.queue)
    assert (totals(chart)["failed"], totals(chart)["dead"]) == (1, 1)
    for percentiles in (chart["wait"], chart["run"]):
        assert 0 < percentiles["p50"] <= percentiles["p95"] <= percentiles["p99"]


def test_a_queue_that_was_never_heard_of_has_a_series_of_nothing(api: httpx.Client) -> None:
    chart = series(api, queue="no-such-queue")
    assert set(totals(chart).values()) == {0}
    assert {point["waiting"] for point in chart["points"]} == {0}


def test_a_span_that_does_not_exist_is_named(api: httpx.Client) -> None:
    refusal = api.get("/api/series", params={"span": "2h"})
    assert refusal.status_code == 422
    assert "span" in refusal.json()["detail"]
