"""The overview of the system."""

from collections.abc import Mapping, Sequence
from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel, Field

import queuectl_core
from queuectl_api.access import QueueAccess
from queuectl_api.authentication import VIEWER
from queuectl_api.problems import documented
from queuectl_core.model.state import State
from queuectl_core.model.worker import Worker as CoreWorker
from queuectl_core.store.store import Store

router = APIRouter(tags=["system"], responses=documented(503, 507))


class JobCounts(BaseModel):
    """Jobs in each state."""

    pending: int
    processing: int
    completed: int
    failed: int
    dead: int
    cancelled: int

    @classmethod
    def of(cls, counts: Mapping[State, int]) -> Self:
        """Of the core's counts."""
        return cls(**{str(state): number for state, number in counts.items()})


class HoldingStill(BaseModel):
    """Workers that start no jobs for now; they try again twice a second."""

    workers: int
    reason: str = Field(description="The reason of the first of them.", examples=["3 MiB of room are left for logs"])

    @classmethod
    def of(cls, workers: Sequence[CoreWorker]) -> Self | None:
        """Of those among the core's; null if none does."""
        holds = [worker.hold for worker in workers if worker.hold]
        return cls(workers=len(holds), reason=holds[0].reason) if holds else None


class Status(BaseModel):
    """An overview of the system."""

    version: str
    workers: int
    slots: int
    busy: int
    jobs: JobCounts
    holding_still: HoldingStill | None
    space_blocker: str | None = Field(
        description="Who prevents the database from reusing space; it becomes larger and slower until that ends.",
        examples=["psql of ann (process 4711) has had a transaction open for 12 min"],
    )


@router.get("/status", operation_id="showStatus", dependencies=[VIEWER])
async def show(access: QueueAccess) -> Status:
    """The number of workers, of slots in use, and of jobs in each state."""
    return await access.read(status)


def status(store: Store) -> Status:
    """Read it."""
    workers = store.workers.all()
    return Status(
        version=queuectl_core.__version__,
        workers=len(workers),
        slots=sum(worker.slots for worker in workers),
        busy=sum(worker.busy for worker in workers),
        jobs=JobCounts.of(store.jobs.counts()),
        holding_still=HoldingStill.of(workers),
        space_blocker=store.space.blocker(),
    )
