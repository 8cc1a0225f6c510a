"""Signing in and out: sessions of browsers, and links that begin one."""

import time
from collections.abc import Sequence
from typing import Literal, Self, TypedDict

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from queuectl_api.access import QueueAccess
from queuectl_api.address import address
from queuectl_api.authentication import Viewer, throttled
from queuectl_api.content_type import json_body
from queuectl_api.credentials import UNKNOWN, Credentials, cookie_name, session_cookies
from queuectl_api.fields import Instant, instant, without_default
from queuectl_api.problems import documented
from queuectl_api.strict import STRICT
from queuectl_core.model.actor import Actor
from queuectl_core.model.audit import Done
from queuectl_core.model.errors import TokenExpired, UnknownSecret
from queuectl_core.model.role import Role
from queuectl_core.model.token import LONGEST, Token
from queuectl_core.store.store import Store

unlocked = APIRouter(prefix="/session", tags=["session"], dependencies=[STRICT], responses=documented(503, 507))
"""Endpoints that need no authentication."""

router = APIRouter(prefix="/session", tags=["session"], responses=documented(503, 507))


class NewSession(BaseModel):
    """What a browser signs in with: either a token or a code."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"token": "queuectl_…"}], "minProperties": 1, "maxProperties": 1},
    )

    token: str = Field("", min_length=1, max_length=LONGEST, json_schema_extra=without_default)
    code: str = Field(
        "",
        min_length=1,
        max_length=LONGEST,
        description="The part of a sign-in link after its #.",
        json_schema_extra=without_default,
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise PydanticCustomError("choice", "must hold either token or code")
        return self


class Session(BaseModel):
    """Who is signed in."""

    name: str = Field(description="The name of the token.")
    role: Role
    expires_at: Instant | None
    authenticated: bool = Field(description="False: authentication is off, and everybody has full access.")


class SignInLink(BaseModel):
    """A link that signs a browser in, once."""

    url: str
    expires_at: Instant


@unlocked.post(
    "",
    status_code=201,
    operation_id="signIn",
    dependencies=[json_body()],
    responses=documented(401, 415, 429),
)
async def sign_in(new: NewSession, request: Request, response: Response, access: QueueAccess) -> Session:
    """Sign a browser in, with a token or with the code of a sign-in link. The answer sets a cookie."""
    async with throttled(request, new.code or new.token):
        token, secret, ends = await _begin(new, request, access)
    response.set_cookie(cookie_name(request), secret, expires=int(ends - time.time()), **_cookie(request))
    authenticated = access.settings.authenticates
    return Session(name=token.name, role=token.role, expires_at=instant(ends), authenticated=authenticated)


async def _begin(new: NewSession, request: Request, access: QueueAccess) -> tuple[Token, str, float]:
    """A session that replaces those that this browser has: the token, the session's secret and its end.

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
        actor = Actor(token.name, token.role, where)
        store.audit.record(actor, Done.SIGN_IN, detail="by a link" if new.code else None)
        return token, secret, ends

    return await access.write_without_actor(change)


def _given(new: NewSession, store: Store) -> tuple[Token, str | None]:
    """The token to sign in with, and the session that created the link."""
    token, maker = store.tokens.follow(new.code) if new.code else (store.tokens.by_secret(new.token), None)
    if token is None:
        raise UnknownSecret(UNKNOWN)
    if token.expired(time.time()):
        raise TokenExpired(token.name)
    return token, maker


def _of_same_token(token: Token, sessions: Sequence[str], store: Store) -> tuple[str, float] | None:
    """The secret and end of one of these sessions that belongs to that token.

    If a session created the link, a browser keeps such a session: a new one could end with the one that it replaces.
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
    """Scripts cannot read it, and requests from other sites do not carry it."""
    return {"httponly": True, "samesite": "strict", "secure": request.url.scheme == "https"}


@router.get("", operation_id="showSession")
async def show(actor: Viewer, request: Request, access: QueueAccess) -> Session:
    """The name, role and expiry of the current sign-in."""
    credentials: Credentials = request.state.credentials
    return Session(
        name=actor.name,
        role=actor.role,
        expires_at=None if credentials.expires_at is None else instant(credentials.expires_at),
        authenticated=access.settings.authenticates,
    )


@router.delete("", status_code=204, operation_id="signOut")
async def sign_out(
    actor: Viewer, request: Request, response: Response, access: QueueAccess, everywhere: bool = False
) -> None:
    """End this session, or `everywhere` all sessions of its token."""
    credentials: Credentials = request.state.credentials

    def change(store: Store) -> None:
        if everywhere:
            store.tokens.end_sessions(actor.name)
        elif credentials.session is not None:
            _end(credentials.sessions, store)
        else:  # authenticated by a token: there is no session to end
            return
        store.audit.record(actor, Done.SIGN_OUT, detail="everywhere" if everywhere else None)

    await access.write(change, actor)
    response.delete_cookie(cookie_name(request), **_cookie(request))


@router.post("/link", status_code=201, operation_id="makeSignInLink", responses=documented(409))
async def link(actor: Viewer, request: Request, access: QueueAccess) -> SignInLink:
    """A link that signs a browser in with the token of this request: once, within an hour, before its next sign-in.

    A link made by a session ends with that session, and so does the session that the link begins.
    """
    if not access.settings.authenticates:
        raise HTTPException(409, "authentication is off: there is nobody to sign in")
    credentials: Credentials = request.state.credentials

    def change(store: Store) -> tuple[str, float]:
        code, ends = store.tokens.link(actor.name, credentials.session)
        record_link(store, actor, actor.name, ends)
        return code, ends

    code, ends = await access.write(change, actor)
    base = access.settings.dashboard_url or str(request.base_url)
    return SignInLink(url=sign_in_link(base, code), expires_at=instant(ends))


def record_link(store: Store, actor: Actor, name: str, ends: float) -> None:
    """Record in the audit log that a link for that token was created."""
    store.audit.record(actor, Done.SIGN_IN_LINK, name, f"until {instant(ends)}")


def sign_in_link(dashboard: str, code: str) -> str:
    """The code is in the fragment (#), which browsers do not send: it is in no log and no Referer."""
    return f"{dashboard.rstrip('/')}/sign-in#{code}"
