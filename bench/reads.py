"""`python -m bench.reads`: the status and job lists over HTTP, with 1,000,000 jobs."""

import argparse
import time
from collections.abc import Iterator
from functools import cache
from http.client import HTTPConnection
from itertools import islice, product
from typing import Any
from urllib.parse import urlencode

import httpx

from bench.figure import Figure, percentile, show
from bench.temp_dir import temp_dir
from tests.million import COMMANDS, fill
from tests.running import migrate, running_api
from tests.signed_in import HEADERS, client

JOBS = 1_000_000
TIMES = 2000
EACH = 10
STATES = ("pending", "processing", "failed", "completed", "dead", "cancelled")
SORTS = ("-created_at", "created_at", "-finished_at", "finished_at")
FILTERS: tuple[dict[str, str], ...] = (
    {},
    {"queue": "gpu"},
    {"tag": "nightly"},
    {"tag": "rare"},
    {"q": "ffmpeg"},
    {"q": "job00500001"},
    {"error": "timed out"},
    {"worker": "build2-h3mq"},
    {"command": COMMANDS[0].format(n=1)},
    {"since": "2026-01-01T00:00:00Z"},
    {"queue": "mail", "tag": "customer", "q": "pdf"},
)


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--each", type=int, default=EACH)
    parser.add_argument("--slowest", action="store_true", help="print the slowest lists as well")
    given = parser.parse_args()
    show(figures(given.jobs, given.each, slowest=10 if given.slowest else 0))


def figures(jobs: int = JOBS, each: int = EACH, slowest: int = 0) -> list[Figure]:
    """Goal 8: p99 of all requests: for each list its first page, the second, and one from the middle."""
    with temp_dir() as data_dir:
        migrate(data_dir)
        fill(data_dir / "queue.db", jobs)
        with running_api(data_dir) as url, client(url) as api:
            status = [taken(api, "/api/status") for _ in range(TIMES)]
            pages = {
                tuple(query.items()): [taken(api, "/api/jobs", query) for _ in range(each)]
                for query in queries(api, jobs)
            }
    for query, milliseconds in sorted(pages.items(), key=lambda one: -percentile(one[1], 0.5))[:slowest]:
        print(f"{percentile(milliseconds, 0.5):6.1f} ms {dict(query)}")
    lists = [milliseconds for of_one in pages.values() for milliseconds in of_one]
    return [
        Figure(
            8,
            f"GET /api/status, {jobs:,} jobs, p99",
            percentile(status, 0.99),
            "ms",
            5,
            most=True,
            note=f"p50 {percentile(status, 0.5):.1f} ms",
        ),
        Figure(
            8,
            f"GET /api/jobs, {jobs:,} jobs, p99",
            percentile(lists, 0.99),
            "ms",
            15,
            most=True,
            note=f"{len(pages)} lists, p50 {percentile(lists, 0.5):.1f} ms",
        ),
    ]


def queries(api: httpx.Client, jobs: int) -> Iterator[dict[str, Any]]:
    """All combinations of state, order and filter, with up to three pages each."""
    for state, sort, chosen in product((None, *STATES), SORTS, FILTERS):
        query = chosen | {"sort": sort} | ({"state": state} if state else {})
        yield query
        yield from islice(further(api, query, jobs), 2)


def further(api: httpx.Client, query: dict[str, Any], jobs: int) -> Iterator[dict[str, Any]]:
    """The second page, and one from the middle."""
    second = api.get("/api/jobs", params=query).raise_for_status().json()["next_cursor"]
    if second:
        yield query | {"cursor": second}
        if "created_at" in query["sort"]:
            yield query | {"cursor": str(jobs // 2)}


def taken(api: httpx.Client, path: str, query: dict[str, Any] | None = None) -> float:
    """Milliseconds until the response is complete, over one connection of a minimal client."""
    connection = _connection(str(api.base_url.host), api.base_url.port or 80)
    target = f"{path}?{urlencode(query)}" if query else path
    began = time.perf_counter()
    connection.request("GET", target, headers=HEADERS)
    answer = connection.getresponse()
    content = answer.read()
    milliseconds = (time.perf_counter() - began) * 1000
    assert answer.status == 200, content
    return milliseconds


@cache
def _connection(host: str, port: int) -> HTTPConnection:
    return HTTPConnection(host, port)


if __name__ == "__main__":
    main()
