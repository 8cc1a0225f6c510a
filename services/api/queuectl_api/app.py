"""The app of one API process: its routers, and what lives as long as it does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, Depends, FastAPI

from queuectl_api import (
    backup,
    batch,
    bulk,
    config,
    dashboard,
    dlq,
    events,
    health,
    jobs,
    logs,
    metrics,
    problems,
    queues,
    series,
    status,
    workers,
)
from queuectl_api.access import Access
from queuectl_api.authentication import authenticate
from queuectl_api.housekeeping import keep_house
from queuectl_api.ring import Ring
from queuectl_api.settings import ApiSettings
from queuectl_core.scratch import sweep
from queuectl_core.sqlite.backup import scratch_for_backup
from queuectl_core.sqlite.restore import scratch_for_restore


def create(settings: ApiSettings) -> FastAPI:
    """The app; it opens the database when it starts, not before."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        for left in (scratch_for_backup, scratch_for_restore):
            await asyncio.to_thread(sweep, left(settings.data_dir))
        app.state.access = Access(settings)
        app.state.ring = Ring(settings.database_path)
        house = asyncio.create_task(keep_house(app.state.access))
        yield
        house.cancel()
        app.state.ring.close()
        app.state.access.close()

    app = FastAPI(
        title="QueueCTL",
        version=version("queuectl-api"),
        summary="The job queue for shell commands.",
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url="/api/docs",
        redoc_url=None,
        redirect_slashes=False,
        responses={422: {"model": problems.Problem}},
    )
    problems.install(app)
    api = APIRouter(prefix="/api", dependencies=[Depends(authenticate)])
    for room in (batch, bulk, jobs, dlq, logs, status, series, queues, workers, config, events, backup):
        api.include_router(room.router)
    app.include_router(api)
    app.include_router(health.router)
    app.include_router(metrics.router)
    if settings.dashboard_dir:
        dashboard.serve(app, settings.dashboard_dir)
    return app


def from_environment() -> FastAPI:
    """The app with the settings of the environment, for servers that want a factory."""
    return create(ApiSettings())
