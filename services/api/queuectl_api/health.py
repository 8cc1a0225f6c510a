"""Health checks: liveness and readiness."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from queuectl_api.access import QueueAccess
from queuectl_api.problems import documented
from queuectl_api.strict import STRICT

router = APIRouter(tags=["health"], dependencies=[STRICT])


class Health(BaseModel):
    """The state of the service."""

    status: str = Field(examples=["ok"])


@router.get("/healthz", operation_id="healthz")
async def alive() -> Health:
    """Whether this process responds."""
    return Health(status="ok")


@router.get("/readyz", operation_id="readyz", responses=documented(503, 507))
async def ready(access: QueueAccess) -> Health:
    """Whether the database can be reached and has the right version."""
    await access.read(lambda store: store.jobs.counts())
    return Health(status="ready")
