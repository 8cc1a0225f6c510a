"""The audit log: read only."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from queuectl_api.access import Queue
from queuectl_api.authentication import ADMIN
from queuectl_api.problems import documented
from queuectl_api.schemas import AuditEntry, AuditPage

router = APIRouter(prefix="/audit", tags=["audit log"], responses=documented(503, 507))


class Wanted(BaseModel):
    """Which part of the log."""

    model_config = ConfigDict(extra="forbid")

    job: str | None = Field(None, max_length=128, description="What was done to this job; also where it is no more.")
    actor: str | None = Field(None, max_length=64, description="What was done with this token.")
    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = Field(None, json_schema_extra={"pattern": "^[0-9]{1,18}$"})


@router.get("", operation_id="readAudit", dependencies=[ADMIN], responses=documented(422))
async def read(wanted: Annotated[Wanted, Query()], queue: Queue) -> AuditPage:
    """Who did what, newest first."""
    page = await queue.read(
        lambda store: store.audit.page(limit=wanted.limit, cursor=wanted.cursor, job=wanted.job, actor=wanted.actor)
    )
    return AuditPage(items=[AuditEntry.of(entry) for entry in page.items], next_cursor=page.next_cursor)
