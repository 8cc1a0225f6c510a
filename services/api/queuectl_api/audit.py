"""The audit log: read only."""

from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from queuectl_api.access import QueueAccess
from queuectl_api.authentication import ADMIN
from queuectl_api.fields import Instant, from_core
from queuectl_api.problems import documented
from queuectl_core.model.audit import Done, Entry
from queuectl_core.model.role import Role

router = APIRouter(prefix="/audit", tags=["audit log"], responses=documented(503, 507))


class Wanted(BaseModel):
    """Which part of the log."""

    model_config = ConfigDict(extra="forbid")

    job: str | None = Field(None, max_length=128, description="Entries about this job, even if it was deleted.")
    actor: str | None = Field(None, max_length=64, description="Entries by this token.")
    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = Field(None, json_schema_extra={"pattern": "^[0-9]{1,18}$"})


class AuditEntry(BaseModel):
    """A line of the audit log."""

    at: Instant
    actor: str = Field(description="The name of the token at that time.")
    role: Role = Field(description="Its role at that time.")
    address: str
    action: Done
    subject: str | None = Field(
        description="The id of the job, or the name of the token, queue, schedule, setting or worker; null: several, or"
        " all."
    )
    jobs: int = Field(description="The number of affected jobs.")
    detail: str | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """From the core's."""
        return from_core(cls, entry)


class AuditPage(BaseModel):
    """A page of the audit log, newest first; `next_cursor` asks for the next one, null on the last."""

    items: list[AuditEntry]
    next_cursor: str | None


@router.get("", operation_id="readAudit", dependencies=[ADMIN])
async def read(wanted: Annotated[Wanted, Query()], access: QueueAccess) -> AuditPage:
    """Who did what, newest first."""
    page = await access.read(
        lambda store: store.audit.page(limit=wanted.limit, cursor=wanted.cursor, job=wanted.job, actor=wanted.actor)
    )
    return AuditPage(items=[AuditEntry.of(entry) for entry in page.items], next_cursor=page.next_cursor)
