"""Refuses parameters and bodies that an endpoint does not read: an ignored filter would match everything."""

from collections import Counter
from inspect import isclass
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel

from queuectl_api import repeated
from queuectl_api.content_type import BodyOf, body_of

IDEMPOTENCY_KEY = "Idempotency-Key"
NOT_IDEMPOTENT = ("POST", "PATCH")
"""Methods for which a client might rely on a key to prevent a second execution."""


async def check(request: Request) -> None:
    """Raise RequestValidationError for unknown or duplicate parameters, and for a body that is not read."""
    route = request.scope["route"]
    assert isinstance(route, APIRoute)
    given = request.scope["query_string"]
    errors = _of_query(given.decode("latin-1"), route) if given else []
    if IDEMPOTENCY_KEY in request.headers and request.method in NOT_IDEMPOTENT and not _takes_key(route.dependant):
        errors.append(_error("not_taken", "header", IDEMPOTENCY_KEY, "is not supported by this endpoint: leave it out"))
    if has_body(request):
        errors += await _of_body(request, body_of(route.dependant))
    if errors:
        raise RequestValidationError(errors)


STRICT = Depends(check)
"""A dependency of public endpoints; `authenticate` checks the others after authentication."""


def _of_query(given: str, route: APIRoute) -> list[dict[str, Any]]:
    counted = Counter(name for name, _ in parse_qsl(given, keep_blank_values=True))
    unknown = counted.keys() - _parameters(route)
    return [_error("extra_forbidden", "query", name) for name in sorted(unknown)] + [
        _error("repeated", "query", name, "is given twice: give it once, or several values separated by commas")
        for name, times in counted.items()
        if times > 1
    ]


async def _of_body(request: Request, taken: BodyOf | None) -> list[dict[str, Any]]:
    if taken is None:
        return [_error("not_read", "body", "", "must be left out: this endpoint takes no body")]
    if taken.most is not None:  # a body that is read piecewise is checked by its endpoint
        try:
            repeated.check(await request.body())
        except repeated.Repeated as found:
            return found.errors
    return []


def _takes_key(dependant: Dependant) -> bool:
    return any(header.alias == IDEMPOTENCY_KEY for header in dependant.header_params) or any(
        map(_takes_key, dependant.dependencies)
    )


def _error(error_type: str, where: str, name: str, message: str = "") -> dict[str, Any]:
    return {"type": error_type, "loc": (where, name), "msg": message, "input": None}


_parameters_of: dict[str, set[str]] = {}


def _parameters(route: APIRoute) -> set[str]:
    """The names of all query parameters that an endpoint reads."""
    if route.unique_id not in _parameters_of:
        _parameters_of[route.unique_id] = _names(route.dependant)
    return _parameters_of[route.unique_id]


def _names(dependant: Dependant) -> set[str]:
    names = set[str]()
    for parameter in dependant.query_params:
        model = parameter.field_info.annotation
        names |= {*model.model_fields} if isclass(model) and issubclass(model, BaseModel) else {parameter.alias}
    return names.union(*map(_names, dependant.dependencies))


def has_body(request: Request) -> bool:
    """Whether the request has a body."""
    headers = request.headers
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
