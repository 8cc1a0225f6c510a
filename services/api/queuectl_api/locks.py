"""Locks: list those in use."""

from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from queuectl_api.access import QueueAccess
from queuectl_api.authentication import VIEWER
from queuectl_api.fields import from_core
from queuectl_api.problems import documented
from queuectl_core.model.lock import LOCK_KEY
from queuectl_core.model.lock import LockUse as CoreLockUse

router = APIRouter(prefix="/locks", tags=["locks"], responses=documented(503, 507))


class LockUse(BaseModel):
    """A lock: it exists as long as a job that has not ended names its key."""

    key: str = Field(examples=["db"])
    limits: list[int] = Field(description="How many jobs may run at once, by these jobs: usually one number.")
    running: int = Field(description="Jobs that hold it.")
    waiting: int = Field(description="Jobs that need it and do not run yet, whatever they wait for.")

    @classmethod
    def of(cls, use: CoreLockUse) -> Self:
        """From the core's."""
        return from_core(cls, use)


class LockPage(BaseModel):
    """A page of locks, by key; `next_cursor` asks for the next one, null on the last."""

    items: list[LockUse]
    next_cursor: str | None


@router.get("", operation_id="listLocks", dependencies=[VIEWER])
async def list_locks(
    access: QueueAccess,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(pattern=f"^{LOCK_KEY}$")] = None,
) -> LockPage:
    """List the locks that jobs hold or need."""
    page = await access.read(lambda store: store.locks.page(limit=limit, cursor=cursor))
    return LockPage(items=[LockUse.of(use) for use in page.items], next_cursor=page.next_cursor)
