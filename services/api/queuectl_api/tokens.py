"""Tokens: create, list, revoke."""

import time
from contextlib import suppress
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from queuectl_api.access import QueueAccess
from queuectl_api.authentication import ADMIN, Admin
from queuectl_api.content_type import json_body
from queuectl_api.fields import Instant, from_core
from queuectl_api.first_token import remove_useless
from queuectl_api.problems import documented
from queuectl_core.model.actor import ANYBODY
from queuectl_core.model.audit import Done
from queuectl_core.model.config import YEAR
from queuectl_core.model.errors import QueueError
from queuectl_core.model.new_job import Name
from queuectl_core.model.role import Role
from queuectl_core.model.token import GIVEN
from queuectl_core.model.token import Token as CoreToken
from queuectl_core.store.store import Store

router = APIRouter(prefix="/tokens", tags=["tokens"], responses=documented(503, 507))


def _not_reserved(name: str) -> str:
    if name == ANYBODY:
        raise ValueError(f"'{ANYBODY}' is what the audit log calls actors without a token: choose another name")
    if name == GIVEN:
        raise ValueError(f"'{GIVEN}' is the token of the environment, which would replace it: choose another name")
    return name


class NewToken(BaseModel):
    """A token to create."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "ci", "role": "operator"}]})

    name: Annotated[Name, AfterValidator(_not_reserved)]
    role: Role
    expires_in: Annotated[float, Field(gt=0, le=100 * YEAR)] | None = Field(
        None, description="Seconds from now; null: it does not expire."
    )


class Token(BaseModel):
    """A token, without its secret."""

    name: str = Field(examples=["ci"])
    role: Role
    created_at: Instant
    created_by: str = Field(description="The token that created it.")
    expires_at: Instant | None
    last_used_at: Instant | None = Field(description="With a precision of one minute.")
    last_used_from: str | None = Field(description="An IP address.")

    @classmethod
    def of(cls, token: CoreToken) -> Self:
        """From the core's."""
        return from_core(cls, token)


class CreatedToken(Token):
    """A new token."""

    token: str = Field(description="The secret; it is not shown again.")


class TokenList(BaseModel):
    """All tokens, by name."""

    items: list[Token]


@router.get("", operation_id="listTokens", dependencies=[ADMIN])
async def list_tokens(access: QueueAccess) -> TokenList:
    """List all tokens, without their secrets, which are not stored."""
    return TokenList(items=[Token.of(token) for token in await access.read(lambda store: store.tokens.all())])


@router.post(
    "",
    status_code=201,
    operation_id="createToken",
    dependencies=[json_body()],
    responses=documented(409, 415),
)
async def create(new: NewToken, actor: Admin, access: QueueAccess) -> CreatedToken:
    """Create a token. Only this answer contains its secret."""
    expires_at = None if new.expires_in is None else time.time() + new.expires_in

    def change(store: Store) -> CreatedToken:
        secret = store.tokens.create(new.name, new.role, actor.name, expires_at)
        token = Token.of(store.tokens.get(new.name))
        until = f", until {token.expires_at}" if token.expires_at else ""
        store.audit.record(actor, Done.TOKEN_CREATE, new.name, detail=new.role + until)
        return CreatedToken(**token.model_dump(), token=secret)

    return await access.write(change, actor)


@router.delete("/{name}", status_code=204, operation_id="revokeToken", responses=documented(404, 409))
async def revoke(name: str, actor: Admin, access: QueueAccess) -> None:
    """Revoke a token and end its sessions."""

    def change(store: Store) -> None:
        store.tokens.revoke(name)
        store.audit.record(actor, Done.TOKEN_REVOKE, name)

    await access.write(change, actor)
    with suppress(QueueError):  # the token is revoked even if its file remains
        await access.write_without_actor(lambda store: remove_useless(store, access.settings.data_dir))
