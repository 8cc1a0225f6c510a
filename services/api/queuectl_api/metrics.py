"""Metrics for Prometheus, the same from whichever process answers.

Those of jobs are read from the database on each request, those of requests from memory that all processes share.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from queuectl_api.access import QueueAccess
from queuectl_api.authentication import VIEWER
from queuectl_api.histogram import Histogram
from queuectl_api.problems import documented
from queuectl_api.shared import Shared
from queuectl_api.status import status
from queuectl_core.model.counters import BOUNDS, MOST_QUEUES, OTHER
from queuectl_core.model.queue import Queue as CoreQueue
from queuectl_core.model.state import State
from queuectl_core.store.store import Store

router = APIRouter(tags=["health"])

FLOWS = {
    "enqueued": "Enqueued jobs.",
    "completed": "Completed jobs.",
    "failed": "Attempts that failed, including a job's last one.",
    "dead": "Jobs that died because their attempts were used up.",
    "cancelled": "Cancelled jobs.",
    "retried": "Jobs that were manually put back to pending; automatic further attempts do not count.",
}

DURATIONS = {
    "wait": "From when a job became due until the start of its attempt.",
    "run": "From start to end of an attempt.",
}

GAUGES: Sequence[tuple[str, str, Callable[[CoreQueue], float], Callable[[Iterable[float]], float]]] = (
    ("ready", "Jobs that are due and waiting for a slot.", lambda queue: queue.ready, sum),
    ("running", "Running jobs.", lambda queue: queue.jobs[State.PROCESSING], sum),
    ("paused", "1 while the queue is paused.", lambda queue: queue.paused, min),
    ("slots", "Slots of the workers that serve it.", lambda queue: queue.slots, max),
    ("latency_seconds", "How long its oldest waiting job has been due.", lambda queue: queue.latency, max),
)
"""Name, help, value of a queue, and how the values of queues without a label of their own are combined."""


@router.get(
    "/metrics",
    operation_id="metrics",
    dependencies=[VIEWER],
    response_class=PlainTextResponse,
    responses=documented(401, 429, 503, 507),
)
async def metrics(access: QueueAccess, request: Request) -> PlainTextResponse:
    """Prometheus metrics of jobs, queues, workers, the disk, and of the API's requests and processes."""
    state = request.app.state

    def query(store: Store) -> bytes:
        registry = CollectorRegistry(auto_describe=False)
        for collector in (_Jobs(store, access.settings.storage_dir), state.requests, _Processes(state.shared)):
            registry.register(collector)
        return generate_latest(registry)

    return PlainTextResponse(await access.read(query), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Jobs:
    """Figures from the database, and the disk space."""

    def __init__(self, store: Store, storage: Path) -> None:
        self._now = status(store)
        self._queues = store.queues.all()
        self._counted = store.counters.all()
        self._schedules = store.schedules.counts()
        self._fires = store.fires.counters()
        self._disk = shutil.disk_usage(storage)

    def collect(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily("queuectl_jobs", "Jobs in a state.", labels=["state"])
        for state, number in self._now.jobs.model_dump().items():
            jobs.add_metric([state], number)
        yield jobs
        yield GaugeMetricFamily("queuectl_workers", "Live workers.", value=self._now.workers)
        yield GaugeMetricFamily("queuectl_slots", "Slots of live workers.", value=self._now.slots)
        yield GaugeMetricFamily("queuectl_slots_busy", "Slots in which a command runs.", value=self._now.busy)
        yield GaugeMetricFamily("queuectl_disk_bytes", "Size of the disk with the API's data.", value=self._disk.total)
        yield GaugeMetricFamily("queuectl_disk_free_bytes", "Free space on that disk.", value=self._disk.free)
        yield InfoMetricFamily("queuectl", "The version.", value={"version": self._now.version})
        yield from self._of_schedules()
        yield from self._of_queues()
        yield from self._counters()
        yield from self._histograms()

    def _of_schedules(self) -> Iterator[Metric]:
        schedules = GaugeMetricFamily("queuectl_schedules", "Schedules, active or paused.", labels=["state"])
        for state, number in self._schedules.items():
            schedules.add_metric([state], number)
        yield schedules
        fires = CounterMetricFamily("queuectl_schedule_fires", "Due times of schedules.", labels=["outcome"])
        for outcome, number in self._fires.items():
            fires.add_metric([outcome], number)
        yield fires

    def _of_queues(self) -> Iterator[Metric]:
        named = self._named()
        queues: dict[str, list[CoreQueue]] = {}
        for queue in self._queues:
            queues.setdefault(queue.name if queue.name in named else OTHER, []).append(queue)
        for name, described, figure, together in GAUGES:
            gauge = GaugeMetricFamily(f"queuectl_queue_{name}", described, labels=["queue"])
            for label, some in queues.items():
                gauge.add_metric([label], together(map(figure, some)))
            yield gauge

    def _named(self) -> set[str]:
        """The queues that have counters, and as many others as MOST_QUEUES allows."""
        counted = self._counted.keys() - {OTHER}
        others = [queue.name for queue in self._queues if queue.name not in counted]
        return counted.union(others[: max(0, MOST_QUEUES - len(counted))])

    def _counters(self) -> Iterator[Metric]:
        for flow, described in FLOWS.items():
            counter = CounterMetricFamily(f"queuectl_jobs_{flow}", described, labels=["queue"])
            for queue, counted in self._counted.items():
                counter.add_metric([queue], counted[flow])
            yield counter

    def _histograms(self) -> Iterator[Metric]:
        for duration, described in DURATIONS.items():
            times = Histogram(f"queuectl_job_{duration}_seconds", described, ["queue"], BOUNDS)
            for queue, counted in self._counted.items():
                in_buckets = [counted[f"{duration}:{bucket}"] for bucket in range(len(BOUNDS) + 1)]
                times.add([queue], in_buckets, counted[f"{duration}:seconds"])
            yield times.family


class _Processes:
    """CPU time, memory and file descriptors of each process: a sum would decrease when one ends."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for pid in self._shared.pids():
            for found in ProcessCollector(pid=partial(int, pid), registry=None).collect():
                family = families.setdefault(found.name, Metric(found.name, found.documentation, found.type))
                for sample in found.samples:
                    family.add_sample(sample.name, {"pid": str(pid)}, sample.value)
        return families.values()
