"""The app of one API process: its routers, and what lives as long as it does."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from queuectl_api import (
    audit,
    backup,
    batch,
    bulk,
    config,
    dashboard,
    dlq,
    docs,
    events,
    health,
    jobs,
    logs,
    metrics,
    problems,
    queues,
    series,
    session,
    status,
    tokens,
    workers,
)
from queuectl_api.access import Access
from queuectl_api.address import Proxies
from queuectl_api.authentication import demand_roles
from queuectl_api.bodies import Bodies
from queuectl_api.first_token import provide_token
from queuectl_api.headers import CarefulHeaders
from queuectl_api.hosts import Hosts
from queuectl_api.housekeeping import keep_house
from queuectl_api.ring import Ring
from queuectl_api.settings import ApiSettings
from queuectl_api.short_cut import ShortCut
from queuectl_api.streams import Streams
from queuectl_api.throttle import LoginThrottle
from queuectl_core.errors import QueueError
from queuectl_core.scratch import sweep
from queuectl_core.sqlite.backup import scratch_for_backup
from queuectl_core.sqlite.restore import scratch_for_restore

log = logging.getLogger("queuectl.api")


ROOMS = (
    batch,
    bulk,
    jobs,
    dlq,
    logs,
    status,
    series,
    queues,
    workers,
    config,
    events,
    backup,
    session,
    tokens,
    audit,
    docs,
)
"""What is under /api, for those who have signed in."""


def create(settings: ApiSettings) -> FastAPI:
    """The app; it opens the database when it starts, not before."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        for left in (scratch_for_backup, scratch_for_restore):
            await asyncio.to_thread(sweep, left(settings.data_dir))
        app.state.access = Access(settings)
        app.state.throttle = LoginThrottle()
        app.state.streams = Streams()
        provided = await asyncio.to_thread(_provides_token, settings)
        app.state.ring = Ring(settings.database_path)
        house = asyncio.create_task(keep_house(app.state.access, provided))
        gc.freeze()  # what is there now stays: no look for garbage need go through it again
        yield
        house.cancel()
        app.state.ring.close()
        app.state.access.close()

    app = FastAPI(
        title="QueueCTL",
        version=version("queuectl-api"),
        summary="The job queue for shell commands.",
        lifespan=lifespan,
        openapi_url=None,
        redirect_slashes=False,
        responses=problems.documented(403, 421) | {422: {"model": problems.Problem}},
        middleware=[
            Middleware(CarefulHeaders),
            Middleware(Proxies, names=settings.proxy_names),
            Middleware(Hosts, allowed=settings.hosts),
            Middleware(Bodies),
            Middleware(ShortCut),
        ],
    )
    problems.install(app)
    api = APIRouter(prefix="/api")
    for room in ROOMS:
        api.include_router(room.router, responses=problems.documented(401, 429))
    api.include_router(session.unlocked)
    app.include_router(api)
    app.include_router(health.router)
    app.include_router(metrics.router)
    demand_roles(app, session.unlocked, health.router)
    if settings.dashboard_dir:
        dashboard.serve(app, settings.dashboard_dir)
    return app


def _provides_token(settings: ApiSettings) -> bool:
    """Whether it could: a database that cannot be used just now does not keep the API from starting."""
    try:
        provide_token(settings)
    except (QueueError, OSError) as fault:
        log.warning("no token could be provided: %s", fault)
        return False
    return True


def from_environment() -> FastAPI:
    """The app with the settings of the environment, for servers that want a factory."""
    return create(ApiSettings())
