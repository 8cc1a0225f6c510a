"""Tokens: who may sign in."""

import time
from contextlib import suppress

from fastapi import APIRouter

from queuectl_api.access import Queue
from queuectl_api.authentication import ADMIN, Admin
from queuectl_api.bodies import json_body
from queuectl_api.first_token import remove_useless
from queuectl_api.problems import documented
from queuectl_api.schemas import CreatedToken, NewToken, Token, TokenList
from queuectl_core.audit import Done
from queuectl_core.errors import QueueError
from queuectl_core.sqlite.store import Store

router = APIRouter(prefix="/tokens", tags=["tokens"], responses=documented(503, 507))


@router.get("", operation_id="listTokens", dependencies=[ADMIN])
async def list_tokens(queue: Queue) -> TokenList:
    """List all tokens; not their secrets, which nobody knows."""
    return TokenList(items=[Token.of(token) for token in await queue.read(lambda store: store.tokens.all())])


@router.post(
    "",
    status_code=201,
    operation_id="createToken",
    dependencies=[json_body()],
    responses=documented(409, 415, 422),
)
async def create(new: NewToken, by: Admin, queue: Queue) -> CreatedToken:
    """Make a token. Its secret is in this answer, and never again anywhere."""
    expires_at = None if new.expires_in is None else time.time() + new.expires_in

    def change(store: Store) -> CreatedToken:
        secret = store.tokens.create(new.name, new.role, by.name, expires_at)
        token = Token.of(store.tokens.get(new.name))
        until = f", until {token.expires_at}" if token.expires_at else ""
        store.audit.record(by, Done.TOKEN_CREATE, new.name, detail=new.role + until)
        return CreatedToken(**token.model_dump(), token=secret)

    return await queue.write(change, by)


@router.delete("/{name}", status_code=204, operation_id="revokeToken", responses=documented(404, 409))
async def revoke(name: str, by: Admin, queue: Queue) -> None:
    """Revoke a token, and end what is signed in by it."""

    def change(store: Store) -> None:
        store.tokens.revoke(name)
        store.audit.record(by, Done.TOKEN_REVOKE, name)

    await queue.write(change, by)
    with suppress(QueueError):  # it is revoked, whatever becomes of the file
        await queue.write_internal(lambda store: remove_useless(store, queue.settings.data_dir))
