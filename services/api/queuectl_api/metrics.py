"""Figures for Prometheus, read from the database when asked: the same whichever process answers."""

from collections.abc import Callable, Iterator, Sequence

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from queuectl_api.access import Queue
from queuectl_api.authentication import VIEWER
from queuectl_api.problems import documented
from queuectl_api.schemas import Status
from queuectl_api.status import status
from queuectl_core.queue import Queue as CoreQueue
from queuectl_core.state import State

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    operation_id="metrics",
    dependencies=[VIEWER],
    response_class=PlainTextResponse,
    responses=documented(401, 429, 503, 507),
)
async def metrics(queue: Queue) -> PlainTextResponse:
    """Prometheus metrics: jobs by state, workers, slots, queues."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(await queue.read(lambda store: _Figures(status(store), store.queues.all())))
    return PlainTextResponse(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Figures:
    def __init__(self, now: Status, queues: Sequence[CoreQueue]) -> None:
        self._now = now
        self._queues = queues

    def collect(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily("queuectl_jobs", "Jobs in a state.", labels=["state"])
        for state, number in self._now.jobs.model_dump().items():
            jobs.add_metric([state], number)
        yield jobs
        yield GaugeMetricFamily("queuectl_workers", "Live workers.", value=self._now.workers)
        yield GaugeMetricFamily("queuectl_slots", "Slots of live workers.", value=self._now.slots)
        yield GaugeMetricFamily("queuectl_slots_busy", "Slots in which a command runs.", value=self._now.busy)
        yield InfoMetricFamily("queuectl", "The version.", value={"version": self._now.version})
        yield self._of_each("ready", "Jobs that are due and wait for a slot.", lambda queue: queue.ready)
        yield self._of_each("running", "Jobs that run.", lambda queue: queue.jobs[State.PROCESSING])
        yield self._of_each("paused", "1 while none of its jobs begins.", lambda queue: queue.paused)
        yield self._of_each("latency_seconds", "How long its oldest job has been due.", lambda queue: queue.latency)

    def _of_each(self, name: str, described: str, figure: Callable[[CoreQueue], float]) -> Metric:
        gauge = GaugeMetricFamily(f"queuectl_queue_{name}", described, labels=["queue"])
        for queue in self._queues:
            gauge.add_metric([queue.name], figure(queue))
        return gauge
