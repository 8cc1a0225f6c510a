"""The credentials of a request, and its actor, whose credentials each write verifies again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from starlette.datastructures import Headers
from starlette.requests import Request

from queuectl_core.model.actor import Actor
from queuectl_core.model.errors import NotAllowed, NotSignedIn, TokenExpired, UnknownSecret
from queuectl_core.model.role import Role
from queuectl_core.model.token import Token
from queuectl_core.store.store import Store

UNKNOWN = "this token is unknown or was revoked: sign in with another one"

COOKIE = "queuectl_session"
MOST_COOKIES = 200
"""The most session cookies that are looked up for one request: more than a browser keeps for a host."""

Result = TypeVar("Result")


class Credentials:
    """The token or the session of a request.

    `sessions`: the secret of each session cookie, as sent. `session`: the first valid one of them. `expires_at`: when
    the token or session expires, in seconds since the epoch; None: never, or nothing was found yet.
    """

    def __init__(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        self.token = given.strip() if scheme.lower() == "bearer" else None
        self.sessions = session_cookies(request) if by_session(request.headers) else ()
        self.session: str | None = None
        self.expires_at: float | None = None

    def find(self, store: Store) -> Token:
        """The token behind them, at this moment. Raises NotSignedIn."""
        token = self._by_token(store, self.token) if self.token is not None else self._by_session(store)
        if token.expired(time.time()):
            raise TokenExpired(token.name)
        self.expires_at = token.expires_at
        return token

    def _by_token(self, store: Store, secret: str) -> Token:
        token = store.tokens.by_secret(secret)
        if token is None:
            raise UnknownSecret(UNKNOWN)
        return token

    def _by_session(self, store: Store) -> Token:
        """Once one of several sessions was found, no other one takes its place when it ends."""
        if not self.sessions:
            raise NotSignedIn("not signed in: send 'Authorization: Bearer TOKEN', or 'queuectl login'")
        for secret in self.sessions if self.session is None else (self.session,):
            token = store.tokens.by_session(secret)
            if token is not None:
                self.session = secret
                return token
        raise UnknownSecret("this session has ended: sign in again")


@dataclass(frozen=True, slots=True)
class RequestActor(Actor):
    """The actor of a request, with the role that the request needs.

    `credentials`: None if authentication is off.
    """

    needed: Role
    credentials: Credentials | None

    def verify(self, store: Store) -> None:
        """Check that the credentials are valid and the role is sufficient, at this moment.

        In a transaction, this stays true until its end. Raises NotSignedIn, NotAllowed.
        """
        if self.credentials is not None:
            require(self.credentials.find(store), self.needed)

    def verified(self, change: Callable[[Store], Result]) -> Callable[[Store], Result]:
        """`change` after `verify`."""

        def verified(store: Store) -> Result:
            self.verify(store)
            return change(store)

        return verified


def require(of: Token | Actor, needed: Role) -> None:
    """Raises NotAllowed if the role is not sufficient."""
    if not of.role.reaches(needed):
        raise NotAllowed(of.name, of.role, needed)


def by_session(headers: Headers) -> bool:
    """Whether a session authenticates the request: any Authorization header takes precedence."""
    return "authorization" not in headers and any(f"{COOKIE}_" in cookie for cookie in headers.getlist("cookie"))


def cookie_name(request: Request) -> str:
    """The name of the session cookie.

    Browsers send a host's cookies to all of its ports, so the name has the port, for several systems on one host. Over
    https, the prefix `__Host-` keeps other hosts of the domain, and plain http, from setting it.
    """
    secure = request.url.scheme == "https"
    return f"{'__Host-' if secure else ''}{COOKIE}_{request.url.port or (443 if secure else 80)}"


def session_cookies(request: Request) -> tuple[str, ...]:
    """The values of all session cookies: other programs on the host can set some with another `Path` or `Domain`.

    A cookie does not say which program has set it, so any of them may be the right one.
    """
    name = cookie_name(request)
    cookies = (cookie.partition("=") for header in request.headers.getlist("cookie") for cookie in header.split(";"))
    values = dict.fromkeys(value.strip() for key, _, value in cookies if key.strip() == name)
    return tuple(values)[:MOST_COOKIES]
