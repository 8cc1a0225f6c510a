"""Idempotency-Key: a request that is repeated because its answer was lost is executed once and answered alike.

An endpoint that takes a key declares the parameter `once: Once`; `strict` refuses keys for all others.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, TypeAlias

from fastapi import Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from queuectl_api.authentication import Operator, identify
from queuectl_api.content_type import body_of
from queuectl_api.repeated import TWICE
from queuectl_api.strict import IDEMPOTENCY_KEY
from queuectl_core.model.errors import KeyInUse
from queuectl_core.model.token import hashed
from queuectl_core.store.store import Store

_KEY = r"[ !#-\[\]-~]{1,255}"


def _unquoted(given: str) -> str:
    """The key without the optional quotes of the IETF draft. Raises PydanticCustomError."""
    found = re.fullmatch(rf'"({_KEY})"|({_KEY})', given)
    if found is None:
        raise PydanticCustomError(
            "key", "must be 1 to 255 characters of ASCII without quotes and backslashes, or those between two quotes"
        )
    return found[1] or found[2]


_Key = Annotated[str, Field(json_schema_extra={"pattern": rf'^("{_KEY}"|{_KEY})$'}), AfterValidator(_unquoted)]
_Given = Annotated[
    _Key | None,
    Header(
        alias=IDEMPOTENCY_KEY,
        description="Chosen by the client for one request. For 24 hours, the same request with the same key is not"
        " executed again but gets the same answer; a different request with that key is refused (422). Refusals are not"
        " kept.",
    ),
]


class Keyed:
    """A request with a key; `key`: the hash of the key and its owner. Pass all of the body to `add` first."""

    def __init__(self, key: str, request: Request) -> None:
        self._key = key
        self._digest = sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())

    def add(self, content: bytes) -> None:
        """Include a part of the body in the comparison of requests."""
        self._digest.update(content)

    def find(self, store: Store) -> str | None:
        """The stored answer to the same request. Raises KeyReused."""
        return store.answers.find(self._key, self._digest.hexdigest())

    def keep(self, store: Store, content: str) -> None:
        """Store the answer for `find`, in the transaction of the change."""
        store.answers.keep(self._key, self._digest.hexdigest(), content)

    def check_alone(self, store: Store, kept: str | None) -> None:
        """Raise KeyInUse if another request with the key was executed since `find` returned `kept`."""
        if self.find(store) != kept:
            raise KeyInUse

    def done(self, change: Callable[[Store], BaseModel], status: int = 200) -> Callable[[Store], Response]:
        """`change`, unless it was already done; the answer is the same, byte for byte."""

        def done(store: Store) -> Response:
            content = self.find(store)
            if content is None:
                content = change(store).model_dump_json()
                self.keep(store, content)
            return Response(content, status, media_type="application/json")

        return done


async def _keyed(request: Request, _by: Operator, key: _Given = None) -> Keyed | None:
    """The key, which belongs to the actor. An endpoint that reads its body piecewise adds it itself."""
    if key is None:
        return None
    if len(request.headers.getlist(IDEMPOTENCY_KEY)) > 1:
        raise RequestValidationError([{"type": "repeated", "loc": ("header", IDEMPOTENCY_KEY), "msg": TWICE}])
    token = await identify(request)
    owner = f"{token.name} {token.created_at}" if token else ""  # a later token of that name has a different owner
    keyed = Keyed(hashed(f"{owner}\n{key}"), request)
    body = body_of(request.scope["route"].dependant)
    if body is None or body.most is not None:
        keyed.add(await request.body())
    return keyed


Once: TypeAlias = Annotated[Keyed | None, Depends(_keyed)]
"""The parameter of an endpoint that takes a key; None if the request has none."""
