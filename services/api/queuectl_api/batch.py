"""Enqueueing many jobs in one request: all or none."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import TypeAdapter, ValidationError
from starlette.types import Receive, Scope, Send

from queuectl_api.access import Access, Queue
from queuectl_api.authentication import Operator
from queuectl_api.bodies import BodyOf
from queuectl_api.credentials import Actor
from queuectl_api.json_array import NotAnArray, items
from queuectl_api.json_values import MOST_VALUES, too_many
from queuectl_api.problems import STATUS, documented, invalid, problem
from queuectl_api.schemas import Enqueued
from queuectl_core.audit import Done
from queuectl_core.errors import CommandNotAllowed, JobExists
from queuectl_core.new_job import JOB_BYTES, NewJob
from queuectl_core.sqlite.batch import Batch
from queuectl_core.sqlite.store import Store

router = APIRouter(prefix="/jobs", tags=["jobs"])

NDJSON = "application/x-ndjson"
Kind = Annotated[str, Depends(BodyOf("application/json", NDJSON, most=None))]
IN_MEMORY = 1 << 20
BLOCK = 1 << 16
CHUNK = 1000
MOST_JOBS = 5_000_000

_JOBS = TypeAdapter(list[NewJob])

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/NewJob"}},
                "example": [{"command": "gzip -k a.log"}, {"command": "gzip -k b.log"}],
            },
            NDJSON: {
                "schema": {"type": "string"},
                "example": '{"command": "gzip -k a.log"}\n{"command": "gzip -k b.log"}\n',
            },
        },
    }
}


class Refused(Exception):
    """The batch cannot be taken; `response` says why."""

    def __init__(self, response: Response) -> None:
        self.response = response


@router.post(
    "/batch",
    status_code=201,
    operation_id="enqueueBatch",
    response_model=Enqueued,
    responses=documented(409, 415, 422, 503, 507),
    openapi_extra=_BODY,
)
async def enqueue_batch(request: Request, by: Operator, kind: Kind, queue: Queue) -> Response:
    """Enqueue many jobs, as a JSON array or as NDJSON (a job a line). An error names its line or item.

    The body may have up to QUEUECTL_BATCH_BYTES: it is spooled beside the database, so that a slow sender holds nothing
    up.
    """
    request.state.body.stream(queue.settings.batch_bytes)
    with SpooledTemporaryFile(IN_MEMORY, dir=str(queue.database.parent)) as body:
        async for chunk in request.stream():
            await asyncio.to_thread(body.write, chunk)
        body.seek(0)
        try:
            return await asyncio.to_thread(_enqueue, body, kind == NDJSON, by, queue)
        except Refused as refusal:
            return refusal.response


def _enqueue(body: IO[bytes], ndjson: bool, by: Actor, queue: Access) -> Response:
    store = Store(queue.database, durable=True)
    try:
        batch = store.batch()
        for jobs in _bounded(_from_ndjson(body) if ndjson else _from_array(body)):
            batch.stage(jobs)
        with store.transaction():
            by.verify(store)
            seqs = _commit(batch, "line" if ndjson else "item")
            store.audit.record_range(by, Done.ENQUEUE, seqs, len(seqs))
    except BaseException:
        store.close()
        raise
    return Answer(store, batch, len(seqs))


def _bounded(chunks: Iterator[list[tuple[int, NewJob]]]) -> Iterator[list[tuple[int, NewJob]]]:
    left = MOST_JOBS
    for jobs in chunks:
        left -= len(jobs)
        if left < 0:
            raise Refused(problem(413, f"the batch holds more than {MOST_JOBS} jobs: send several"))
        yield jobs


def _from_ndjson(body: IO[bytes]) -> Iterator[list[tuple[int, NewJob]]]:
    """Line number, from 1, and job. Blank lines are passed over."""
    number = 1
    for lines in _lines(body):
        yield _together(number, lines) or list(_one_by_one(number, lines))
        number += len(lines)


def _lines(body: IO[bytes]) -> Iterator[list[bytes]]:
    """Some at a time, without their ends. One that is too long is cut off, and the last of some."""
    while block := body.read(BLOCK) + body.readline(JOB_BYTES):
        yield block.removesuffix(b"\n").split(b"\n")


def _together(first: int, lines: list[bytes]) -> list[tuple[int, NewJob]] | None:
    """All at once, which takes half the time; None where that finds a fault, for which the line is to be named.

    As each line begins with an object, one ends in the middle of a job only where that holds a list of objects, which
    no field takes, or a string, in which no line may end. So where there are as many jobs as lines, each line is one.
    """
    joined = b",\n".join(lines)
    if (
        not joined.startswith(b"{")
        or joined.count(b"\n{") != len(lines) - 1
        or len(lines[-1]) >= JOB_BYTES
        or any(map(too_many, lines))
    ):
        return None
    try:
        jobs = _JOBS.validate_json(b"[%b]" % joined)
    except ValidationError:
        return None
    return list(enumerate(jobs, first)) if len(jobs) == len(lines) else None


def _one_by_one(first: int, lines: list[bytes]) -> Iterator[tuple[int, NewJob]]:
    for number, line in enumerate(lines, first):
        if len(line) >= JOB_BYTES:
            raise Refused(problem(422, f"line {number}: is longer than {JOB_BYTES} bytes"))
        if too_many(line):
            raise Refused(problem(422, f"line {number}: holds more than {MOST_VALUES} fields and items"))
        if line and not line.isspace():
            with _naming(f"line {number}"):
                yield number, NewJob.model_validate_json(line)


def _from_array(body: IO[bytes]) -> Iterator[list[tuple[int, NewJob]]]:
    """Index, from 0, and job; parsed as it is read, never held as a whole."""
    jobs = _of_array(body)
    while chunk := list(islice(jobs, CHUNK)):
        yield chunk


def _of_array(body: IO[bytes]) -> Iterator[tuple[int, NewJob]]:
    index = 0
    try:
        for item in items(body):
            with _naming(f"item {index}"):
                yield index, NewJob.model_validate(item)
            index += 1
    except NotAnArray as fault:
        raise Refused(
            problem(422, "the body must be a JSON array of jobs; for a job a line, send application/x-ndjson")
        ) from fault
    except ValueError as fault:
        raise Refused(problem(422, f"item {index}: the body is not valid JSON: {fault}")) from fault


@contextmanager
def _naming(place: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as refusal:
        raise Refused(invalid(refusal.errors(include_url=False), where=place)) from refusal


def _commit(batch: Batch, places: str) -> range:
    try:
        seqs = batch.commit()
    except (JobExists, CommandNotAllowed) as refusal:
        raise Refused(problem(STATUS[type(refusal)], f"{places} {refusal.position}: {refusal}")) from refusal
    if not seqs:
        raise Refused(problem(422, "the batch is empty: send at least one job"))
    return seqs


class Answer(StreamingResponse):
    """The JSON of Enqueued; closes the store at its end, also where the client has gone and nobody reads it."""

    def __init__(self, store: Store, batch: Batch, count: int) -> None:
        super().__init__(_json(batch, count), 201, media_type="application/json")
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._store.close()


def _json(batch: Batch, count: int) -> Iterator[str]:
    """A few ids at a time."""
    yield f'{{"count":{count},"ids":['
    ids = batch.ids()
    separator = ""
    while some := list(islice(ids, CHUNK)):
        yield separator + json.dumps(some)[1:-1]
        separator = ","
    yield "]}"
