"""The system that the API runs on, for diagnosis."""

import asyncio
import shutil
import time

from fastapi import APIRouter
from pydantic import BaseModel, Field

import queuectl_core
from queuectl_api.access import QueueAccess
from queuectl_api.authentication import VIEWER
from queuectl_api.fields import Instant
from queuectl_api.problems import documented

router = APIRouter(tags=["system"], responses=documented(503, 507))


class System(BaseModel):
    """The system that the API runs on."""

    version: str
    now: Instant = Field(description="By the clock of the API.")
    database: str = Field(examples=["/data/queue.db"])
    disk_bytes: int = Field(
        description="Size of the file system with the API's data, and with the database if it is SQLite."
    )
    disk_free_bytes: int


@router.get("/system", operation_id="showSystem", dependencies=[VIEWER])
async def show(access: QueueAccess) -> System:
    """The version, the clock, and the free disk space of the system."""
    disk = await asyncio.to_thread(shutil.disk_usage, access.settings.storage_dir)
    return System(
        version=queuectl_core.__version__,
        now=time.time(),
        database=access.settings.database_name,
        disk_bytes=disk.total,
        disk_free_bytes=disk.free,
    )
