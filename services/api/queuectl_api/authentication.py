"""Who calls, and whether their role reaches: the one place where that is decided.

Each endpoint under /api names the role that it needs, as a parameter (`by: Operator`) or among its dependencies
(`VIEWER`); the role then stands in the OpenAPI schema, and an app with an endpoint that names none does not start.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated

from fastapi import APIRouter, FastAPI, HTTPException, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security import APIKeyCookie, HTTPBearer, SecurityScopes
from fastapi.security.http import HTTPAuthorizationCredentials
from starlette.datastructures import Headers

from queuectl_api.access import Access
from queuectl_api.address import address
from queuectl_api.strangers import Strangers
from queuectl_core.caller import ANYBODY, Caller
from queuectl_core.errors import LinkUsed, QueueError
from queuectl_core.role import Role
from queuectl_core.sqlite.store import Store
from queuectl_core.sqlite.tokens import USE_SECONDS
from queuectl_core.token import Token

UNKNOWN = "this token is not known here, or was revoked: sign in with another one"

COOKIE = "queuectl_session"

_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="A token: `queuectl token create`.")
_cookie = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    scheme_name="session",
    description="What `POST /api/session` gives a browser. Its name ends with the port: cookies know no ports.",
)


class NotSignedIn(HTTPException):
    """There is no token or session, or it is good no more."""

    def __init__(self, reason: str) -> None:
        super().__init__(401, reason, headers={"WWW-Authenticate": "Bearer"})


class UnknownSecret(NotSignedIn):
    """Nobody's, so perhaps a guess."""


class Expired(NotSignedIn):
    """The token was good until a while ago."""

    def __init__(self, token: Token) -> None:
        super().__init__(f"token '{token.name}' has expired: sign in with another one")


class NotAllowed(HTTPException):
    """The caller's role does not reach."""

    def __init__(self, by: Caller, needed: Role) -> None:
        super().__init__(403, f"token '{by.name}' is of a{_an(by.role)} {by.role}: this needs a{_an(needed)} {needed}")


def _an(role: Role) -> str:
    return "" if role is Role.VIEWER else "n"


class Credentials:
    """What a request was signed with: kept by a stream, which asks again and again whether it still is good.

    `expires_at`: until when it is good, None: for ever; once it was found.
    """

    def __init__(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        self.token = given.strip() if scheme.lower() == "bearer" else None
        self.session = request.cookies.get(cookie_name(request)) if by_session(request.headers) else None
        self.expires_at: float | None = None

    def find(self, store: Store) -> Token:
        """Whose they are; raises NotSignedIn."""
        if self.token is not None:
            token = store.tokens.by_secret(self.token)
            if token is None:
                raise UnknownSecret(UNKNOWN)
        elif self.session is not None:
            token = store.tokens.by_session(self.session)
            if token is None:
                raise UnknownSecret("this session has ended: sign in again")
        else:
            raise NotSignedIn("not signed in: send 'Authorization: Bearer TOKEN', or 'queuectl login'")
        if token.expired(time.time()):
            raise Expired(token)
        return token


def by_session(headers: Headers) -> bool:
    """Whether a request is signed by a session: an Authorization, of whatever kind, counts alone."""
    return "authorization" not in headers and any(f"{COOKIE}_" in cookie for cookie in headers.getlist("cookie"))


def cookie_name(request: Request) -> str:
    """A browser sends a host's cookies to each of its ports: two systems on one host are told apart by this."""
    return f"{COOKIE}_{request.url.port or (443 if request.url.scheme == 'https' else 80)}"


async def identify(request: Request) -> Token | None:
    """Whose request it is, looked up once; None where authentication is off. Raises NotSignedIn, TooManyFailures."""
    if not hasattr(request.state, "token"):
        queue: Access = request.app.state.access
        credentials = request.state.credentials = Credentials(request)
        found = None
        if queue.settings.authenticates:
            with counting_failures(request):
                found = await queue.glance(credentials.find)
            credentials.expires_at = found.expires_at
            _note_use(queue, found, address(request))
        request.state.token = found
    token: Token | None = request.state.token
    return token


@contextmanager
def counting_failures(request: Request) -> Iterator[None]:
    """Have a secret that is nobody's count against its sender's address; raises TooManyFailures in its place."""
    try:
        yield
    except (UnknownSecret, LinkUsed):
        strangers: Strangers = request.app.state.strangers
        strangers.failed(address(request))
        raise


async def authenticate(
    needed: SecurityScopes,
    request: Request,
    _token: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None,
    _session: Annotated[str | None, Security(_cookie)] = None,
) -> Caller:
    """The caller. Raises NotSignedIn, TooManyFailures, NotAllowed."""
    by = caller(await identify(request), request)
    role = Role(needed.scopes[-1])
    if not by.role.reaches(role):
        raise NotAllowed(by, role)
    return by


def caller(token: Token | None, request: Request) -> Caller:
    """Who calls with that token; None: authentication is off."""
    where = address(request)
    return Caller(token.name, token.role, where) if token else Caller(ANYBODY, Role.ADMIN, where)


VIEWER = Security(authenticate, scopes=[Role.VIEWER])
ADMIN = Security(authenticate, scopes=[Role.ADMIN])

Viewer = Annotated[Caller, VIEWER]
Operator = Annotated[Caller, Security(authenticate, scopes=[Role.OPERATOR])]
Admin = Annotated[Caller, ADMIN]


_noting: dict[str, asyncio.Task[None]] = {}


def _note_use(queue: Access, token: Token, where: str) -> None:
    """In the background: nobody waits for it, and a full disk keeps nobody from reading. Once a minute is enough."""
    if token.name in _noting or abs(time.time() - (token.last_used_at or 0)) < USE_SECONDS:
        return

    async def note() -> None:
        with suppress(QueueError):  # whoever wants to write hears of it
            await queue.write(lambda store: store.tokens.used(token, where))

    _noting[token.name] = asyncio.create_task(note())
    _noting[token.name].add_done_callback(lambda _: _noting.pop(token.name))


def demand_roles(app: FastAPI, *unlocked: APIRouter) -> None:
    """Raise where an endpoint names no role and is not one of `unlocked`: what is forgotten must not be open."""
    names = {route.operation_id for router in unlocked for route in router.routes if isinstance(route, APIRoute)}
    for route in iter_route_contexts(app.routes):
        if (
            isinstance(route.original_route, APIRoute)
            and route.operation_id not in names
            and not _names_a_role(route.dependant)
        ):
            raise AssertionError(f"{route.methods} {route.path} names no role")


def _names_a_role(dependant: Dependant) -> bool:
    return any(part.call is authenticate and part.own_oauth_scopes for part in dependant.dependencies)
