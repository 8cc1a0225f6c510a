"""Who calls, and whether their role reaches: the one place where that is decided.

Each endpoint under /api names the role that it needs, as a parameter (`by: Operator`) or among its dependencies
(`VIEWER`); the role then stands in the OpenAPI schema, and an app with an endpoint that names none does not start.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import Annotated

from fastapi import APIRouter, FastAPI, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security import APIKeyCookie, HTTPBearer, SecurityScopes
from fastapi.security.http import HTTPAuthorizationCredentials

from queuectl_api.access import Access
from queuectl_api.address import address
from queuectl_api.credentials import COOKIE, Actor, Credentials, require
from queuectl_api.throttle import LoginThrottle, TooManyGuesses, same_network
from queuectl_core.caller import ANYBODY
from queuectl_core.errors import QueueError
from queuectl_core.role import Role
from queuectl_core.sqlite.tokens import USE_SECONDS
from queuectl_core.token import Token

_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="A token: `queuectl token create`.")
_cookie = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    scheme_name="session",
    description="What `POST /api/session` gives a browser. Its name ends with the port, as cookies know no ports, and"
    " begins with `__Host-` over https.",
)


async def identify(request: Request) -> Token | None:
    """Whose request it is, looked up once; None where authentication is off. Raises NotSignedIn, TooManyGuesses."""
    if not hasattr(request.state, "token"):
        queue: Access = request.app.state.access
        credentials = request.state.credentials = Credentials(request)
        found = None
        if queue.settings.authenticates:
            found = await _find(credentials, request)
            _note_use(queue, found, address(request))
        request.state.token = found
    token: Token | None = request.state.token
    return token


async def _find(credentials: Credentials, request: Request) -> Token:
    """Look the credentials up. A session is 256 random bits, so nobody is held back from trying those."""
    queue: Access = request.app.state.access
    if credentials.token is None:
        return await queue.glance(credentials.find)
    async with throttled(request, credentials.token):
        return await queue.glance(credentials.find)


@asynccontextmanager
async def throttled(request: Request, secret: str) -> AsyncIterator[None]:
    """Around the look-up of a secret that may be a guess: see LoginThrottle. Raises TooManyGuesses.

    What was last used from the same address is none, even if this process has not seen it: another one has, or this
    one before a restart.
    """
    throttle: LoginThrottle = request.app.state.throttle
    with ExitStack() as around:
        try:
            around.enter_context(throttle.guess(address(request), secret))
        except TooManyGuesses:
            if not await _used_from_here(request, secret):
                raise
        yield


async def _used_from_here(request: Request, secret: str) -> bool:
    queue: Access = request.app.state.access
    token = await queue.glance(lambda store: store.tokens.by_secret(secret))
    return bool(token and token.last_used_from and same_network(token.last_used_from, address(request)))


async def verify(request: Request) -> None:
    """Check again that the credentials of an identified request are valid. Raises NotSignedIn."""
    queue: Access = request.app.state.access
    if queue.settings.authenticates:
        await queue.glance(request.state.credentials.find)


async def authenticate(
    needed: SecurityScopes,
    request: Request,
    _token: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None,
    _session: Annotated[str | None, Security(_cookie)] = None,
) -> Actor:
    """The caller. Raises NotSignedIn, TooManyGuesses, NotAllowed."""
    return await actor(request, Role(needed.scopes[-1]))


async def actor(request: Request, needed: Role) -> Actor:
    """Who makes a request that needs this role. Raises NotSignedIn, TooManyGuesses, NotAllowed."""
    token = await identify(request)
    if token is None:
        return Actor(ANYBODY, Role.ADMIN, address(request), needed, credentials=None)
    require(token, needed)
    return Actor(token.name, token.role, address(request), needed, request.state.credentials)


def needed_role(dependant: Dependant) -> Role | None:
    """The role that an endpoint names; None for one that is open to all."""
    for part in dependant.dependencies:
        if part.call is authenticate and part.own_oauth_scopes:
            return Role(part.own_oauth_scopes[-1])
    return None


VIEWER = Security(authenticate, scopes=[Role.VIEWER])
ADMIN = Security(authenticate, scopes=[Role.ADMIN])

Viewer = Annotated[Actor, VIEWER]
Operator = Annotated[Actor, Security(authenticate, scopes=[Role.OPERATOR])]
Admin = Annotated[Actor, ADMIN]


_noting: dict[str, asyncio.Task[None]] = {}


def _note_use(queue: Access, token: Token, where: str) -> None:
    """In the background: nobody waits for it, and a full disk keeps nobody from reading. Once a minute is enough."""
    if token.name in _noting or abs(time.time() - (token.last_used_at or 0)) < USE_SECONDS:
        return

    async def note() -> None:
        with suppress(QueueError):  # whoever wants to write hears of it
            await queue.write_internal(lambda store: store.tokens.used(token, where))

    _noting[token.name] = asyncio.create_task(note())
    _noting[token.name].add_done_callback(lambda _: _noting.pop(token.name))


def demand_roles(app: FastAPI, *unlocked: APIRouter) -> None:
    """Raise where an endpoint names no role and is not one of `unlocked`: what is forgotten must not be open."""
    names = {route.operation_id for router in unlocked for route in router.routes if isinstance(route, APIRoute)}
    for route in iter_route_contexts(app.routes):
        if (
            isinstance(route.original_route, APIRoute)
            and route.operation_id not in names
            and needed_role(route.dependant) is None
        ):
            raise AssertionError(f"{route.methods} {route.path} names no role")
