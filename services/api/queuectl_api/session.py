"""Signing in and out: the session of a browser, and links that begin one."""

import time
from collections.abc import Sequence
from typing import Literal, TypedDict

from fastapi import APIRouter, HTTPException, Request, Response

from queuectl_api.access import Queue
from queuectl_api.address import address
from queuectl_api.authentication import Viewer, throttled
from queuectl_api.bodies import json_body
from queuectl_api.credentials import UNKNOWN, Credentials, cookie_name, session_cookies
from queuectl_api.problems import documented
from queuectl_api.schemas import NewSession, Session, SignInLink, instant
from queuectl_core.audit import Done
from queuectl_core.caller import Caller
from queuectl_core.errors import TokenExpired, UnknownSecret
from queuectl_core.sqlite.store import Store
from queuectl_core.token import Token

unlocked = APIRouter(prefix="/session", tags=["session"], responses=documented(503, 507))
"""Who signs in is not signed in yet."""

router = APIRouter(prefix="/session", tags=["session"], responses=documented(503, 507))


@unlocked.post(
    "",
    status_code=201,
    operation_id="signIn",
    dependencies=[json_body()],
    responses=documented(401, 415, 422, 429),
)
async def sign_in(new: NewSession, request: Request, response: Response, queue: Queue) -> Session:
    """Sign a browser in, with a token or with the code of a sign-in link. The answer sets a cookie."""
    async with throttled(request, new.code or new.token):
        token, secret, ends = await _begin(new, request, queue)
    response.set_cookie(cookie_name(request), secret, expires=int(ends - time.time()), **_cookie(request))
    authenticated = queue.settings.authenticates
    return Session(name=token.name, role=token.role, expires_at=instant(ends), authenticated=authenticated)


async def _begin(new: NewSession, request: Request, queue: Queue) -> tuple[Token, str, float]:
    """A session in the place of those that this browser has: its secret, and its end.

    Raises UnknownSecret, LinkUsed, TokenExpired.
    """
    where, before = address(request), session_cookies(request)

    def change(store: Store) -> tuple[Token, str, float]:
        token, maker = _given(new, store)
        kept = _of_same_token(token, before, store) if maker else None
        if kept:
            secret, ends = kept
        else:
            _end(before, store)
            secret, ends = store.tokens.begin_session(token.name, maker)
        by = Caller(token.name, token.role, where)
        store.audit.record(by, Done.SIGN_IN, detail="by a link" if new.code else None)
        return token, secret, ends

    return await queue.write_internal(change)


def _given(new: NewSession, store: Store) -> tuple[Token, str | None]:
    """The token that somebody signs in with, and the session that made their link."""
    token, maker = store.tokens.follow(new.code) if new.code else (store.tokens.by_secret(new.token), None)
    if token is None:
        raise UnknownSecret(UNKNOWN)
    if token.expired(time.time()):
        raise TokenExpired(token.name)
    return token, maker


def _of_same_token(token: Token, sessions: Sequence[str], store: Store) -> tuple[str, float] | None:
    """A session of that token among these, and its end.

    A browser that has one keeps it if a session made the link: a new one could end with the one that it replaces.
    """
    for secret in sessions:
        found = store.tokens.by_session(secret)
        if found and found.name == token.name and found.expires_at is not None:
            return secret, found.expires_at
    return None


def _end(sessions: Sequence[str], store: Store) -> None:
    for secret in sessions:
        store.tokens.end_session(secret)


class _Attributes(TypedDict):
    httponly: bool
    samesite: Literal["strict"]
    secure: bool


def _cookie(request: Request) -> _Attributes:
    """No script reads it, no other site has it sent."""
    return {"httponly": True, "samesite": "strict", "secure": request.url.scheme == "https"}


@router.get("", operation_id="showSession")
async def show(by: Viewer, request: Request, queue: Queue) -> Session:
    """Who is signed in, what they may do, and for how long."""
    credentials: Credentials = request.state.credentials
    return Session(
        name=by.name,
        role=by.role,
        expires_at=None if credentials.expires_at is None else instant(credentials.expires_at),
        authenticated=queue.settings.authenticates,
    )


@router.delete("", status_code=204, operation_id="signOut", responses=documented(422))
async def sign_out(by: Viewer, request: Request, response: Response, queue: Queue, everywhere: bool = False) -> None:
    """End this session; `everywhere`: all sessions of the token by which it was begun."""
    credentials: Credentials = request.state.credentials

    def change(store: Store) -> None:
        if everywhere:
            store.tokens.end_sessions(by.name)
        elif credentials.session is not None:
            _end(credentials.sessions, store)
        else:  # signed with a token: there is no session to end
            return
        store.audit.record(by, Done.SIGN_OUT, detail="everywhere" if everywhere else None)

    await queue.write(change, by)
    response.delete_cookie(cookie_name(request), **_cookie(request))


@router.post("/link", status_code=201, operation_id="makeSignInLink", responses=documented(409))
async def link(by: Viewer, request: Request, queue: Queue) -> SignInLink:
    """A link that signs a browser in as who asks for it: once, within an hour, before the token's next sign-in.

    One that a session makes ends with that session, and so does the session that it begins.
    """
    if not queue.settings.authenticates:
        raise HTTPException(409, "authentication is off: there is nobody to sign in")
    credentials: Credentials = request.state.credentials

    def change(store: Store) -> tuple[str, float]:
        code, ends = store.tokens.link(by.name, credentials.session)
        record_link(store, by, by.name, ends)
        return code, ends

    code, ends = await queue.write(change, by)
    base = queue.settings.dashboard_url or str(request.base_url)
    return SignInLink(url=sign_in_link(base, code), expires_at=instant(ends))


def record_link(store: Store, by: Caller, name: str, ends: float) -> None:
    """Note in the audit log that a link for that token was made."""
    store.audit.record(by, Done.SIGN_IN_LINK, name, f"until {instant(ends)}")


def sign_in_link(dashboard: str, code: str) -> str:
    """The code stands behind the #, which a browser keeps to itself: it is in no log and no Referer."""
    return f"{dashboard.rstrip('/')}/sign-in#{code}"
