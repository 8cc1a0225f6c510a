"""Durations of requests, by method, route and status."""

import time
from bisect import bisect_left
from collections.abc import Iterator
from itertools import product

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from prometheus_client.core import Metric
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from queuectl_api.histogram import Histogram
from queuectl_api.shared import CELLS, PID, Shared

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Upper bounds of the buckets in seconds; one more bucket takes everything longer."""

BUCKETS = len(BOUNDS) + 1
OTHER = "(other)"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", OTHER)
ANSWERS = ("2xx", "3xx", "4xx", "5xx")


class Requests:
    """Histograms of all processes, by method, route and status. Whatever is no operation of the API has route OTHER.

    A route is the documented path of an operation, such as /api/jobs/{id}, so the number of labels is limited.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._routes: dict[str, tuple[str, str]] = {}
        self._cells: dict[tuple[str, str, str], int] = {}

    def learn(self, app: FastAPI) -> None:
        """Learn the operations, the same in all processes."""
        for route in iter_route_contexts(app.routes):
            if isinstance(route.original_route, APIRoute) and route.operation_id:
                for method in route.methods or ():
                    self._routes[route.operation_id] = (method, route.path or "")
        known = [*self._routes.values(), *((method, OTHER) for method in METHODS)]
        cells = range(PID + 1, CELLS - BUCKETS, BUCKETS + 1)
        combinations = list(product(known, ANSWERS))
        assert len(combinations) <= len(cells), "more operations than there is memory for: see CELLS"
        self._cells = {(*which, answer): cell for (which, answer), cell in zip(combinations, cells, strict=False)}

    def add(self, scope: Scope, status: int, seconds: float) -> None:
        """Count an answered request."""
        first = self._cells[*self._asked(scope), f"{min(max(status // 100, 2), 5)}xx"]
        self._shared.add(first + bisect_left(BOUNDS, seconds), 1)
        self._shared.add(first + BUCKETS, seconds)

    def _asked(self, scope: Scope) -> tuple[str, str]:
        """HEAD counts as GET."""
        asked = "GET" if scope["method"] == "HEAD" else scope["method"]
        method, path, route = asked, scope["path"], scope.get("route")
        if isinstance(route, APIRoute):
            method, path = self._routes.get(route.operation_id or "", (method, OTHER))
        if method == asked and (method, path, ANSWERS[0]) in self._cells:  # FastEnqueue answers without a route
            return method, path
        return (scope["method"] if scope["method"] in METHODS else OTHER), OTHER

    def collect(self) -> Iterator[Metric]:
        """The histograms that are not empty, for Prometheus."""
        times = Histogram(
            "queuectl_http_request_duration_seconds",
            "Time until the API began to answer.",
            ["method", "route", "status"],
            BOUNDS,
        )
        sums = self._shared.sums()
        for labels, first in self._cells.items():
            in_buckets = sums[first : first + BUCKETS]
            if any(in_buckets):
                times.add(labels, in_buckets, sums[first + BUCKETS])
        yield times.family


class Timed:
    """ASGI: measures each request until its answer begins; streams and large answers may take long."""

    def __init__(self, app: ASGIApp, requests: Requests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, answered = time.perf_counter(), False

        def answer(status: int) -> None:
            nonlocal answered
            answered = True
            self._requests.add(scope, status, time.perf_counter() - began)

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, timed)
        except Exception:
            if not answered:  # an outer layer answers
                answer(500)
            raise
