"""Authentication and authorization of requests, in one place.

Each endpoint under /api names the role that it needs, as a parameter (`actor: Operator`) or among its dependencies
(`VIEWER`). The role appears in the OpenAPI schema, and an app with an endpoint that names none does not start.
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

from queuectl_api import strict
from queuectl_api.access import Access
from queuectl_api.address import address
from queuectl_api.credentials import COOKIE, Credentials, RequestActor, require
from queuectl_api.login_throttle import LoginThrottle, TooManyGuesses, same_network
from queuectl_core.model.actor import ANYBODY
from queuectl_core.model.errors import QueueError
from queuectl_core.model.role import Role
from queuectl_core.model.token import Token
from queuectl_core.store.tokens import USE_SECONDS

_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="A token: `queuectl token create`.")
_cookie = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    scheme_name="session",
    description="Set by `POST /api/session`. Its name ends with the port, because cookies are shared between ports, and"
    " begins with `__Host-` over https.",
)


async def identify(request: Request) -> Token | None:
    """The token behind a request, looked up once; None if authentication is off. Raises NotSignedIn, TooManyGuesses."""
    if not hasattr(request.state, "token"):
        access: Access = request.app.state.access
        credentials = request.state.credentials = Credentials(request)
        found = None
        if access.settings.authenticates:
            found = await _find(credentials, request)
            _note_use(access, found, address(request))
        request.state.token = found
    token: Token | None = request.state.token
    return token


async def _find(credentials: Credentials, request: Request) -> Token:
    """Look the credentials up. A session has 256 random bits, so guesses of those are not throttled."""
    access: Access = request.app.state.access
    if credentials.token is None:
        return await access.read(credentials.find, brief=True)
    async with throttled(request, credentials.token):
        return await access.read(credentials.find, brief=True)


@asynccontextmanager
async def throttled(request: Request, secret: str) -> AsyncIterator[None]:
    """Around the look-up of a secret that may be a guess: see LoginThrottle. Raises TooManyGuesses.

    A token that was last used from the same address is not a guess, even if this process has not seen it: another
    process has, or this one before a restart.
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
    access: Access = request.app.state.access
    token = await access.read(lambda store: store.tokens.by_secret(secret), brief=True)
    return bool(token and token.last_used_from and same_network(token.last_used_from, address(request)))


async def verify(request: Request) -> None:
    """Check again that the credentials of an identified request are still valid. Raises NotSignedIn."""
    access: Access = request.app.state.access
    if access.settings.authenticates:
        await access.read(request.state.credentials.find, brief=True)


async def authenticate(
    needed: SecurityScopes,
    request: Request,
    _token: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None,
    _session: Annotated[str | None, Security(_cookie)] = None,
) -> RequestActor:
    """The actor. Raises NotSignedIn, TooManyGuesses, NotAllowed; RequestValidationError: see `strict`."""
    actor = await authorize(request, Role(needed.scopes[-1]))
    await strict.check(request)
    return actor


async def authorize(request: Request, needed: Role) -> RequestActor:
    """The actor of a request that needs this role. Raises NotSignedIn, TooManyGuesses, NotAllowed."""
    token = await identify(request)
    if token is None:
        return RequestActor(ANYBODY, Role.ADMIN, address(request), needed, credentials=None)
    require(token, needed)
    return RequestActor(token.name, token.role, address(request), needed, request.state.credentials)


def needed_role(dependant: Dependant) -> Role | None:
    """The role that an endpoint needs; None for a public one."""
    for part in dependant.dependencies:
        if part.call is authenticate and part.own_oauth_scopes:
            return Role(part.own_oauth_scopes[-1])
    return None


VIEWER = Security(authenticate, scopes=[Role.VIEWER])
ADMIN = Security(authenticate, scopes=[Role.ADMIN])

Viewer = Annotated[RequestActor, VIEWER]
Operator = Annotated[RequestActor, Security(authenticate, scopes=[Role.OPERATOR])]
Admin = Annotated[RequestActor, ADMIN]


_noting: dict[str, asyncio.Task[None]] = {}


def _note_use(access: Access, token: Token, where: str) -> None:
    """Record the use of a token, at most once a minute, in the background: on a full disk, reading still works."""
    if token.name in _noting or abs(time.time() - (token.last_used_at or 0)) < USE_SECONDS:
        return

    async def note() -> None:
        with suppress(QueueError):  # requests that write report it
            await access.write_without_actor(lambda store: store.tokens.used(token, where))

    _noting[token.name] = asyncio.create_task(note())
    _noting[token.name].add_done_callback(lambda _: _noting.pop(token.name))


def demand_roles(app: FastAPI, *unlocked: APIRouter) -> None:
    """Raise AssertionError if an endpoint names no role and is not in `unlocked`: none is public by mistake."""
    names = {route.operation_id for router in unlocked for route in router.routes if isinstance(route, APIRoute)}
    for route in iter_route_contexts(app.routes):
        if (
            isinstance(route.original_route, APIRoute)
            and route.operation_id not in names
            and needed_role(route.dependant) is None
        ):
            raise AssertionError(f"{route.methods} {route.path} names no role")
