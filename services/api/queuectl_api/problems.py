"""Every error as `application/problem+json` (RFC 9457), with one sentence that a user can act on."""

import errno
import json
import logging
import math
import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, TypeAlias

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from queuectl_api.headers import HEADERS
from queuectl_core.model import errors

log = logging.getLogger("queuectl.api")

logged: ContextVar[bool] = ContextVar("logged", default=False)
"""Whether the error of this request is logged: Starlette raises it again, and uvicorn would log it once more."""

MOST_TOLD = 20
"""Field errors in one problem; of further ones only the number is given."""

_SHOULD = re.compile(r"^\w+ should\b")
"""How pydantic's own messages begin: "Input should be …", "String should have …"."""

STATUS: dict[type[errors.QueueError], int] = {
    errors.JobNotFound: 404,
    errors.WorkerNotFound: 404,
    errors.QueueNotFound: 404,
    errors.QueueNotEmpty: 409,
    errors.UnknownConfigKey: 404,
    errors.ScheduleNotFound: 404,
    errors.ScheduleExists: 409,
    errors.ScheduleBusy: 409,
    errors.InvalidSchedule: 422,
    errors.JobExists: 409,
    errors.IdGivenTwice: 409,
    errors.KeyHeld: 409,
    errors.KeyReused: 422,
    errors.KeyInUse: 409,
    errors.WrongState: 409,
    errors.TokenNotFound: 404,
    errors.TokenExists: 409,
    errors.LastAdmin: 409,
    errors.LinkUsed: 401,
    errors.NotSignedIn: 401,
    errors.UnknownSecret: 401,
    errors.TokenExpired: 401,
    errors.NotAllowed: 403,
    errors.CommandNotAllowed: 422,
    errors.UnderWay: 409,
    errors.InvalidConfigValue: 422,
    errors.InvalidCursor: 422,
    errors.InvalidBackup: 422,
    errors.InvalidText: 422,
    errors.DatabaseBusy: 503,
    errors.Conflict: 503,
    errors.DatabaseUnusable: 503,
    errors.OutcomeUnknown: 503,
    errors.WrongDatabase: 503,
    errors.StorageFull: 507,
}


Responses: TypeAlias = dict[int | str, dict[str, Any]]


class FieldError(BaseModel):
    """One field that was refused."""

    field: str
    value: Any = None
    message: str


class Problem(BaseModel):
    """What went wrong and what to do: `detail` is one sentence. `errors` comes with status 422, `same` with 409."""

    type: str = "about:blank"
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["no job has the id 'job1'"])
    errors: list[FieldError] | None = Field(None, max_length=MOST_TOLD)
    same: bool | None = Field(
        None,
        description="If the id is taken: whether that job is equal in all other writable fields, apart from `delay`.",
    )


BODY = (408, 413)
"""Together with 415: what may be wrong with any body."""


def documented(*statuses: int) -> Responses:
    """The `responses` of an endpoint that may answer with these problems; 415 stands for BODY as well."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "example": {
                        "type": "about:blank",
                        "title": HTTPStatus(status).phrase,
                        "status": status,
                        "detail": _EXAMPLES[status],
                    },
                }
            },
        }
        for status in (*statuses, *(BODY if 415 in statuses else ()))
    }


_EXAMPLES = {
    401: "not signed in: send 'Authorization: Bearer TOKEN', or 'queuectl login'",
    403: "token 'ci' has the role viewer, but this requires the role operator",
    408: "the body did not come in time: send it again, without long pauses",
    421: "Host 'queue.example' is not a name of this server: add it to QUEUECTL_ALLOWED_HOSTS",
    431: "the head of the request is larger than 65536 bytes: send less in address and headers",
    429: "too many different tokens from 192.0.2.7 were wrong: this one was not tried, try again in 6 s",
    404: "no job has the id 'job1'",
    409: "a job with the id 'job1' exists already: choose another id, or omit it to have one generated",
    413: "the body is larger than 4194304 bytes: send less at once",
    415: "the content type must be application/json, not 'text/plain'",
    422: "command '': must not be empty",
    503: "the database is locked by another process: try again in a moment",
    507: "there is no space left in /data: free some space, then try again",
}


def problem(
    status: int,
    detail: str,
    field_errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    same: bool | None = None,
) -> Response:
    """The response; in ASCII, because a refused value may contain lone surrogates."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if field_errors:
        body["errors"] = [error.model_dump() for error in field_errors]
    if same is not None:
        body["same"] = same
    return Response(json.dumps(body, default=str), status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every exception of `app` with a problem."""
    app.add_exception_handler(errors.QueueError, refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(StarletteHTTPException, http)
    app.add_exception_handler(ClientDisconnect, _nobody_there)
    app.add_exception_handler(OSError, _no_storage)
    app.add_exception_handler(Exception, _unexpected)


async def refused(request: Request, refusal: Exception) -> Response:
    """A QueueError as a problem."""
    assert isinstance(refusal, errors.QueueError)
    if isinstance(refusal, errors.InvalidConfigValue | errors.InvalidSchedule):
        return _of_fields([_field(refusal.field, refusal.value, refusal.message)], count=1)
    if isinstance(refusal, errors.JobExists):
        return exists(refusal)
    return await http(request, as_http(refusal))


def exists(refusal: errors.JobExists, where: str = "") -> Response:
    """A taken id as a problem; `where` names the line or item of a batch."""
    return problem(409, f"{where}{refusal}", same=refusal.same)


def as_http(refusal: errors.QueueError) -> HTTPException:
    """A QueueError as an HTTPException, for where FastAPI lets no other exception through."""
    status = STATUS[type(refusal)]
    headers = {"Retry-After": "1"} if status >= 500 else {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return HTTPException(status, str(refusal), headers=headers)


async def _invalid(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, RequestValidationError)
    return invalid(refusal.errors())


def invalid(found: Sequence[Any], where: str = "") -> Response:
    """Pydantic's errors as a problem, the first MOST_TOLD of them; `where` names the line or item of a batch."""
    return _of_fields([_field_error(error) for error in found[:MOST_TOLD]], len(found), where)


def _of_fields(field_errors: Sequence[FieldError], count: int, where: str = "") -> Response:
    first = field_errors[0]
    shown = "" if first.value is None else f" {json.dumps(first.value, default=str)}"
    more = f" (and {count - 1} more)" if count > 1 else ""
    prefix = f"{where}: " if where else ""
    return problem(422, f"{prefix}{first.field}{shown}: {first.message}{more}", field_errors)


def _field_error(error: Any) -> FieldError:
    place = ".".join(str(part) for part in error["loc"] if part not in ("body", "query", "path", "header"))
    if error["type"] == "json_invalid":
        reason = error.get("ctx", {}).get("error", "malformed")
        return FieldError(field="body", message=f"is not valid JSON: {reason}")
    untold = error["type"] in ("missing", "extra_forbidden") or "env" in error["loc"]  # it contains secrets
    message = {
        "missing": "is missing",
        "extra_forbidden": "unknown parameter" if error["loc"][:1] == ("query",) else "unknown field",
    }.get(error["type"], error["msg"].removeprefix("Value error, "))
    return _field(_cut(place) or "body", None if untold else error.get("input"), message)


def _field(name: str, value: object, message: str) -> FieldError:
    return FieldError(field=name, value=_shortened(value), message=_cut(_SHOULD.sub("must", message), 500))


def _shortened(value: object) -> object:
    if isinstance(value, str):
        return _cut(value)
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)  # JSON has no such numbers
    if value is None or isinstance(value, bool | int | float):
        return value if len(repr(value)) <= 100 else _cut(repr(value))
    try:
        text = json.dumps(value, default=str)
    except RecursionError:
        return "something nested too deeply"
    return _cut(text)


def _cut(text: str, most: int = 100) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


async def http(request: Request, fault: Exception) -> Response:
    """An HTTPException, of FastAPI or ours, as a problem."""
    assert isinstance(fault, StarletteHTTPException)
    headers = dict(fault.headers or {})
    if fault.status_code == 400:  # FastAPI's answer to a body that is not UTF-8
        return problem(422, "body: is not valid JSON in UTF-8")
    if isinstance(fault, HTTPException) or fault.status_code not in (404, 405):
        return problem(fault.status_code, str(fault.detail), headers=headers)
    if fault.status_code == 405:
        headers["Allow"] = ", ".join(_allowed(request))
    asked = f"{request.method} {_shortened(request.url.path)}"
    return problem(fault.status_code, f"{asked} is no endpoint of this API: see /api/docs", headers=headers)


def _allowed(request: Request) -> list[str]:
    """All methods of a path, which may have several routes."""

    def taken(method: str) -> bool:
        scope = {**request.scope, "method": "GET" if method == "HEAD" else method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return [method for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") if taken(method)]


async def _nobody_there(request: Request, _fault: Exception) -> Response:
    """For a client that has disconnected within its body; it does not receive this."""
    log.debug("%s %s: the client disconnected", request.method, request.url.path)
    return Response(status_code=400)


async def _no_storage(request: Request, fault: Exception) -> Response:
    """A file that cannot be read or written, such as a log or the body of a batch."""
    assert isinstance(fault, OSError)
    log.error("%s %s failed: %s", request.method, request.url.path, fault)
    full = fault.errno in (errno.ENOSPC, errno.EDQUOT)
    return problem(507 if full else 503, f"a file cannot be used now: {fault.strerror}", headers={"Retry-After": "1"})


async def _unexpected(request: Request, fault: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=fault)
    logged.set(True)
    return problem(500, "something unexpected went wrong; the API's log has the details", headers=HEADERS)
