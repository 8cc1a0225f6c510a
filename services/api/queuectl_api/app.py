"""The app of one API process: its routers, and what has the same lifetime."""

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
    enqueue,
    events,
    health,
    jobs,
    locks,
    logs,
    metrics,
    problems,
    queues,
    schedules,
    series,
    session,
    status,
    system,
    tokens,
    workers,
)
from queuectl_api.access import Access
from queuectl_api.access_log import AccessLog
from queuectl_api.address import Proxies
from queuectl_api.authentication import demand_roles
from queuectl_api.bodies import Bodies
from queuectl_api.compressed import Compressed
from queuectl_api.description import Api
from queuectl_api.firing import fire_schedules
from queuectl_api.first_token import provide_token
from queuectl_api.headers import SecurityHeaders
from queuectl_api.heads import Heads
from queuectl_api.hosts import Hosts
from queuectl_api.housekeeping import run_housekeeping
from queuectl_api.login_throttle import LoginThrottle
from queuectl_api.requests import Requests, Timed
from queuectl_api.settings import ApiSettings
from queuectl_api.shared import Shared
from queuectl_api.streams import Streams
from queuectl_api.wake_ups import WakeUps
from queuectl_core.backup.archive import backup_temp_dir
from queuectl_core.backup.restore import restore_temp_dir
from queuectl_core.model.errors import QueueError
from queuectl_core.temp_dir import sweep

log = logging.getLogger("queuectl.api")


AUTHENTICATED = (
    batch,
    bulk,
    enqueue,
    jobs,
    dlq,
    logs,
    status,
    system,
    series,
    queues,
    locks,
    schedules,
    workers,
    config,
    events,
    backup,
    session,
    tokens,
    audit,
    docs,
)
"""The modules with endpoints under /api that need a role."""


def create(settings: ApiSettings, shared: Shared | None = None) -> FastAPI:
    """The app; it opens the database when it starts, not before. `shared`: memory shared with other processes."""
    shared = shared or Shared()
    requests = Requests(shared)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        for left in (backup_temp_dir, restore_temp_dir):
            await asyncio.to_thread(sweep, left(settings.data_dir))
        shared.begin()
        app.state.shared, app.state.requests = shared, requests
        app.state.access = Access(settings)
        app.state.throttle = LoginThrottle()
        app.state.streams = Streams()
        app.state.snapshots = events.Snapshots()
        provided = await asyncio.to_thread(_provides_token, settings)
        app.state.wake_ups = WakeUps(app.state.access.listen())
        upkeep = asyncio.create_task(run_housekeeping(app.state.access, provided))
        firing = asyncio.create_task(fire_schedules(app.state.access, app.state.wake_ups))
        gc.freeze()  # these objects stay: the garbage collector need not visit them again
        yield
        upkeep.cancel()
        firing.cancel()
        app.state.wake_ups.close()
        app.state.access.close()

    app = Api(
        title="QueueCTL",
        version=version("queuectl-api"),
        summary="The job queue for shell commands.",
        lifespan=lifespan,
        openapi_url=None,
        redirect_slashes=False,
        responses=problems.documented(403, 421, 431) | {422: {"model": problems.Problem}},
        middleware=[
            *([Middleware(AccessLog)] if settings.access_log else []),
            Middleware(Timed, requests=requests),
            Middleware(SecurityHeaders),
            Middleware(Proxies, names=settings.proxy_names),
            Middleware(Hosts, allowed=settings.hosts),
            Middleware(Bodies),
            Middleware(enqueue.FastEnqueue),
            Middleware(Heads),
            Middleware(Compressed),
        ],
    )
    problems.install(app)
    api = APIRouter(prefix="/api")
    for part in AUTHENTICATED:
        api.include_router(part.router, responses=problems.documented(401, 429))
    api.include_router(session.unlocked)
    app.include_router(api)
    app.include_router(health.router)
    app.include_router(metrics.router)
    demand_roles(app, session.unlocked, health.router)
    requests.learn(app)
    if settings.dashboard_dir:
        dashboard.serve(app, settings.dashboard_dir)
    return app


def _provides_token(settings: ApiSettings) -> bool:
    """Whether the first token was provided. An unusable database does not keep the API from starting."""
    try:
        provide_token(settings)
    except (QueueError, OSError) as fault:
        log.warning("no token could be provided: %s", fault)
        return False
    return True


def from_environment() -> FastAPI:
    """The app with settings from the environment, for servers that take a factory."""
    return create(ApiSettings())
