"""What happened over time, for charts."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from queuectl_api.access import Queue
from queuectl_api.authentication import VIEWER
from queuectl_api.problems import documented
from queuectl_api.schemas import Series

router = APIRouter(tags=["system"], responses=documented(503, 507))

Span = Literal["5m", "1h", "6h", "24h", "7d", "30d"]


@router.get("/series", operation_id="showSeries", dependencies=[VIEWER], responses=documented(422))
async def show(
    queue: Queue,
    span: Annotated[Span, Query(description="How far back.")] = "1h",
    name: Annotated[str | None, Query(alias="queue", max_length=64, description="Of this queue only.")] = None,
) -> Series:
    """Throughput, failures, depth, wait and run times, in at most 120 points."""
    return Series.of(await queue.read(lambda store: store.series.chart(span, name)))
