"""A copy of everything while everything runs, and bringing it back."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from queuectl_api.access import Queue
from queuectl_api.authentication import ADMIN, Admin
from queuectl_api.bodies import BodyOf
from queuectl_api.problems import Responses, documented
from queuectl_api.schemas import Restored
from queuectl_api.streams import STREAM
from queuectl_core.audit import Done
from queuectl_core.sqlite.backup import backup
from queuectl_core.sqlite.restore import restore

router = APIRouter(tags=["backup"])

TAR = "application/x-tar"
_BINARY = {"content": {TAR: {"schema": {"type": "string", "format": "binary"}}}}
_ANSWER: Responses = {200: _BINARY}


class Wanted(BaseModel):
    """What goes into a backup."""

    model_config = ConfigDict(extra="forbid")

    logs: bool = Field(True, description="Also the output of all attempts.")


@router.get(
    "/backup",
    operation_id="takeBackup",
    response_class=StreamingResponse,
    dependencies=[STREAM],
    responses=_ANSWER | documented(409, 422, 503, 507),
)
async def take(wanted: Annotated[Wanted, Query()], by: Admin, queue: Queue) -> StreamingResponse:
    """A consistent copy of all jobs, their history, output and settings, as a tar. Nobody is held up by it.

    It is whole where the response came to its end.
    """
    logs = queue.logs if wanted.logs else None
    tar = await asyncio.to_thread(backup, queue.database, logs, queue.settings.data_dir)
    await queue.write(lambda store: store.audit.record(by, Done.BACKUP), by)
    name = f"queuectl-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(tar, media_type=TAR, headers=headers)


@router.post(
    "/restore",
    operation_id="restoreBackup",
    dependencies=[ADMIN, Depends(BodyOf(TAR, most=None))],
    responses=documented(409, 415, 422, 503, 507),
    openapi_extra={"requestBody": {"required": True} | _BINARY},
)
async def put_back(request: Request, by: Admin, queue: Queue) -> Restored:
    """Replace all jobs, their history, output and settings by those of a backup: all of it, or nothing.

    Workers go on by themselves; what they run is stopped. What ran when the backup was made runs again.
    """
    request.state.body.stream(None)
    data_dir, hold_back = queue.settings.data_dir, queue.settings.heartbeat_timeout
    with TemporaryFile(dir=data_dir) as body:
        async for chunk in request.stream():
            await asyncio.to_thread(body.write, chunk)
        body.seek(0)
        done = await asyncio.to_thread(
            restore, body, queue.database, queue.logs, data_dir, _upgrade, hold_back, by, by.verify
        )
    return Restored(jobs=done.jobs, logs=done.logs)


def _upgrade(database: Path) -> None:
    from queuectl_core.migrate import migrate  # it brings SQLAlchemy: for an older backup, and for nothing else

    migrate(database)
