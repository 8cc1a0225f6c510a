"""Series for charts."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from queuectl_api.access import QueueAccess
from queuectl_api.authentication import VIEWER
from queuectl_api.fields import Instant, from_core
from queuectl_api.problems import documented
from queuectl_core.model.series import Chart
from queuectl_core.model.series import Percentiles as CorePercentiles
from queuectl_core.model.series import Point as CorePoint

router = APIRouter(tags=["system"], responses=documented(503, 507))

Span = Literal["5m", "1h", "6h", "24h", "7d", "30d"]


class Percentiles(BaseModel):
    """Percentiles of durations, in seconds."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, core: CorePercentiles | None) -> Self | None:
        """From the core's; null if there are none."""
        return from_core(cls, core) if core else None


class Point(BaseModel):
    """One point of a series: what happened in the `step` seconds from `at`."""

    at: Instant
    enqueued: int
    completed: int = Field(description="Attempts that succeeded.")
    failed: int = Field(description="Attempts that failed, including a job's last one.")
    dead: int
    cancelled: int
    waiting: int = Field(description="Jobs waiting at the end of the step: pending and failed.")
    wait: Percentiles | None = Field(description="From when a job became due until its start; null if none started.")
    run: Percentiles | None = Field(description="From start to end of an attempt; null if none ended.")

    @classmethod
    def of(cls, point: CorePoint) -> Self:
        """From the core's point."""
        return from_core(cls, point, wait=Percentiles.of(point.wait), run=Percentiles.of(point.run))


class Series(BaseModel):
    """What happened over a span of time, oldest first; the last point is still growing."""

    step: int = Field(description="Seconds per point.")
    points: list[Point]
    wait: Percentiles | None = Field(description="Over the whole span.")
    run: Percentiles | None

    @classmethod
    def of(cls, chart: Chart) -> Self:
        """From the core's chart."""
        points = [Point.of(point) for point in chart.points]
        return from_core(cls, chart, points=points, wait=Percentiles.of(chart.wait), run=Percentiles.of(chart.run))


@router.get("/series", operation_id="showSeries", dependencies=[VIEWER])
async def show(
    access: QueueAccess,
    span: Annotated[Span, Query(description="How far back.")] = "1h",
    name: Annotated[str | None, Query(alias="queue", max_length=64, description="Of this queue only.")] = None,
) -> Series:
    """Throughput, failures, depth, wait times and run times, in at most 120 points."""
    return Series.of(await access.read(lambda store: store.series.chart(span, name)))
