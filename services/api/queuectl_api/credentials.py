"""What a request is signed with, and the actor behind it, whose credentials are checked again by each write."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from starlette.datastructures import Headers
from starlette.requests import Request

from queuectl_core.caller import Caller
from queuectl_core.errors import NotAllowed, NotSignedIn, TokenExpired, UnknownSecret
from queuectl_core.role import Role
from queuectl_core.sqlite.store import Store
from queuectl_core.token import Token

UNKNOWN = "this token is not known here, or was revoked: sign in with another one"

COOKIE = "queuectl_session"
MOST_COOKIES = 200
"""Session cookies of one request that are looked up: more than a browser keeps for a host."""

Result = TypeVar("Result")


class Credentials:
    """The token or the session of a request.

    `sessions`: the secret of each session cookie, as sent. `session`: the one that was found to be valid.
    `expires_at`: when what was found expires, in seconds since the epoch; None: never, or nothing was found yet.
    """

    def __init__(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        self.token = given.strip() if scheme.lower() == "bearer" else None
        self.sessions = session_cookies(request) if by_session(request.headers) else ()
        self.session: str | None = None
        self.expires_at: float | None = None

    def find(self, store: Store) -> Token:
        """The token that they stand for now. Raises NotSignedIn."""
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
        """Once one of several sessions has been found, no other takes its place when it ends."""
        if not self.sessions:
            raise NotSignedIn("not signed in: send 'Authorization: Bearer TOKEN', or 'queuectl login'")
        for secret in self.sessions if self.session is None else (self.session,):
            token = store.tokens.by_session(secret)
            if token is not None:
                self.session = secret
                return token
        raise UnknownSecret("this session has ended: sign in again")


@dataclass(frozen=True, slots=True)
class Actor(Caller):
    """The caller of a request, with the role that the request needs.

    `credentials`: None where authentication is off.
    """

    needed: Role
    credentials: Credentials | None

    def verify(self, store: Store) -> None:
        """Check that the credentials are valid and the role reaches, at this moment.

        Inside a transaction that stays true until its end. Raises NotSignedIn, NotAllowed.
        """
        if self.credentials is not None:
            require(self.credentials.find(store), self.needed)

    def verified(self, change: Callable[[Store], Result]) -> Callable[[Store], Result]:
        """`change`, done only where `verify` raises nothing."""

        def verified(store: Store) -> Result:
            self.verify(store)
            return change(store)

        return verified


def require(of: Token | Caller, needed: Role) -> None:
    """Raises NotAllowed where that role does not reach."""
    if not of.role.reaches(needed):
        raise NotAllowed(of.name, of.role, needed)


def by_session(headers: Headers) -> bool:
    """Whether a request is signed by a session: an Authorization, of whatever kind, counts alone."""
    return "authorization" not in headers and any(f"{COOKIE}_" in cookie for cookie in headers.getlist("cookie"))


def cookie_name(request: Request) -> str:
    """The name of the session cookie.

    A browser sends a host's cookies to each of its ports: the port tells two systems on one host apart. Over https the
    prefix `__Host-` keeps other hosts of the domain, and plain http, from setting it.
    """
    secure = request.url.scheme == "https"
    return f"{'__Host-' if secure else ''}{COOKIE}_{request.url.port or (443 if secure else 80)}"


def session_cookies(request: Request) -> tuple[str, ...]:
    """The values of all session cookies: another program on the host can add one with a `Path` or `Domain` of its own.

    No cookie says who has set it, so each may be the right one.
    """
    name = cookie_name(request)
    cookies = (cookie.partition("=") for header in request.headers.getlist("cookie") for cookie in header.split(";"))
    values = dict.fromkeys(value.strip() for key, _, value in cookies if key.strip() == name)
    return tuple(values)[:MOST_COOKIES]
