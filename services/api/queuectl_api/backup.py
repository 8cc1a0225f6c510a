"""Backup and restore of everything, without stopping anything."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from queuectl_api.access import QueueAccess
from queuectl_api.authentication import ADMIN, Admin
from queuectl_api.content_type import BodyOf
from queuectl_api.heads import is_head
from queuectl_api.problems import Responses, documented
from queuectl_api.streams import STREAM
from queuectl_core.backup.archive import backup
from queuectl_core.backup.restore import restore
from queuectl_core.model.audit import Done

router = APIRouter(tags=["backup"])

TAR = "application/x-tar"
_BINARY = {"content": {TAR: {"schema": {"type": "string", "format": "binary", "description": "A tar archive."}}}}
_ANSWER: Responses = {200: _BINARY}


class Wanted(BaseModel):
    """What goes into a backup."""

    model_config = ConfigDict(extra="forbid")

    logs: bool = Field(True, description="Include the output of all attempts.")


class Restored(BaseModel):
    """The content after a restore."""

    jobs: int
    logs: int = Field(description="Log files, one per attempt.")


@router.get(
    "/backup",
    operation_id="takeBackup",
    response_class=StreamingResponse,
    dependencies=[STREAM],
    responses=_ANSWER | documented(409, 503, 507),
)
async def take(wanted: Annotated[Wanted, Query()], actor: Admin, access: QueueAccess, request: Request) -> Response:
    """A consistent copy of all jobs, their history, output and settings, as a tar. The queue keeps working meanwhile.

    The copy is complete if the response is.
    """
    if is_head(request):
        return StreamingResponse(iter(()), media_type=TAR)  # without a length: that of the tar is not known yet
    logs = access.logs if wanted.logs else None
    tar = await asyncio.to_thread(backup, access.settings.store_url, logs, access.settings.data_dir)
    await access.write(lambda store: store.audit.record(actor, Done.BACKUP), actor)
    name = f"queuectl-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(tar, media_type=TAR, headers=headers)


@router.post(
    "/restore",
    operation_id="restoreBackup",
    dependencies=[ADMIN, Depends(BodyOf(TAR, most=None))],
    responses=documented(409, 415, 503, 507),
    openapi_extra={"requestBody": {"required": True} | _BINARY},
)
async def put_back(request: Request, actor: Admin, access: QueueAccess) -> Restored:
    """Replace all jobs, their history, output and settings by those of a backup, all or nothing.

    Running jobs are stopped; workers then continue by themselves. Jobs that were running at the time of the backup run
    again.
    """
    request.state.body.stream(None)
    data_dir, hold_back = access.settings.data_dir, access.settings.heartbeat_timeout
    with TemporaryFile(dir=data_dir) as body:
        async for chunk in request.stream():
            await asyncio.to_thread(body.write, chunk)
        body.seek(0)
        done = await asyncio.to_thread(
            restore, body, access.settings.store_url, access.logs, data_dir, _upgrade, hold_back, actor, actor.verify
        )
    return Restored(jobs=done.jobs, logs=done.logs)


def _upgrade(database: Path) -> None:
    from queuectl_core.migrate import migrate  # imports SQLAlchemy, which only an older backup needs

    migrate(f"sqlite:///{database}")  # whichever database the queue uses: a backup contains an SQLite file
