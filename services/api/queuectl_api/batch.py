"""Enqueueing many jobs in one request: all or none."""

import asyncio
import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.types import Receive, Scope, Send

from queuectl_api.access import Access, QueueAccess
from queuectl_api.authentication import Operator
from queuectl_api.content_type import BodyOf
from queuectl_api.credentials import RequestActor
from queuectl_api.idempotency import Keyed, Once
from queuectl_api.json_array import NotAnArray, items
from queuectl_api.json_values import MOST_VALUES, too_many
from queuectl_api.problems import documented, exists, invalid, problem
from queuectl_api.repeated import Repeated, check, check_jobs
from queuectl_core.model.errors import CommandNotAllowed, IdGivenTwice, JobExists, KeyHeld
from queuectl_core.model.new_job import JOB_BYTES, NewJob
from queuectl_core.store.batch import Batch
from queuectl_core.store.store import Store

router = APIRouter(prefix="/jobs", tags=["jobs"])

NDJSON = "application/x-ndjson"
MediaType = Annotated[str, Depends(BodyOf("application/json", NDJSON, most=None))]
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
                "schema": {"type": "string", "description": "One job per line, each a JSON object: see NewJob."},
                "example": '{"command": "gzip -k a.log"}\n{"command": "gzip -k b.log"}\n',
            },
        },
    }
}


class Enqueued(BaseModel):
    """The jobs of a batch that was enqueued."""

    count: int = Field(description="The number of ids.")
    ids: list[str] = Field(
        description="One for each job, in order; if another job holds its unique key, or an earlier one of the batch"
        " has the same key, the id of that job."
    )
    existing: list[str] = Field(description="Those of the ids that belong to a job that was there before.")


EXISTING = {"model": Enqueued, "description": "No new job: for each one, another job holds its unique key."}


class Refused(Exception):
    """The batch is refused; `response` says why."""

    def __init__(self, response: Response) -> None:
        self.response = response


@router.post(
    "/batch",
    status_code=201,
    operation_id="enqueueBatch",
    response_model=Enqueued,
    responses={200: EXISTING, **documented(409, 415, 503, 507)},
    openapi_extra=_BODY,
)
async def enqueue_batch(
    request: Request, actor: Operator, media_type: MediaType, once: Once, access: QueueAccess
) -> Response:
    """Enqueue many jobs, all or none, as a JSON array or as NDJSON (one job per line). An error names its line or item.

    The body may have up to QUEUECTL_BATCH_BYTES. It is spooled to disk, so a slow sender delays nobody else.
    """
    request.state.body.stream(access.settings.batch_bytes)
    with SpooledTemporaryFile(IN_MEMORY, dir=str(access.settings.storage_dir)) as body:
        if once:
            once.add(media_type.encode())
        async for chunk in request.stream():
            if once:
                once.add(chunk)
            await asyncio.to_thread(body.write, chunk)
        body.seek(0)
        try:
            return await asyncio.to_thread(_enqueue, body, media_type == NDJSON, actor, once, access)
        except Refused as refusal:
            return refusal.response


def _enqueue(body: IO[bytes], ndjson: bool, actor: RequestActor, keyed: Keyed | None, access: Access) -> Response:
    """The answer. For a request with a key, only what does not follow from the repeated body is stored."""
    store = access.open(durable=True)
    try:
        kept = keyed.find(store) if keyed else None
        batch = store.batch(kept.partition(" ")[0] if kept else None)
        for jobs in _bounded(_from_ndjson(body) if ndjson else _from_array(body)):
            batch.stage(jobs)
        with store.transaction():
            actor.verify(store)
            if keyed:
                keyed.check_alone(store, kept)
            if kept is not None:
                batch.repeat(kept)
            else:
                count, entry = len(batch), store.audit.record_batch(actor, len(batch))
                _commit(batch, entry, "line" if ndjson else "item")
                if len(batch) < count:
                    store.audit.correct_batch(entry, len(batch))
                if keyed:
                    keyed.keep(store, batch.outcome)
    except BaseException:
        store.close()
        raise
    return Answer(store, batch)


def _bounded(chunks: Iterator[list[tuple[int, NewJob]]]) -> Iterator[list[tuple[int, NewJob]]]:
    left = MOST_JOBS
    for jobs in chunks:
        left -= len(jobs)
        if left < 0:
            raise Refused(problem(413, f"the batch holds more than {MOST_JOBS} jobs: send several"))
        yield jobs


def _from_ndjson(body: IO[bytes]) -> Iterator[list[tuple[int, NewJob]]]:
    """Line number, from 1, and job. Blank lines and a BOM are skipped."""
    if body.read(len(BOM_UTF8)) != BOM_UTF8:
        body.seek(0)
    number = 1
    for lines in _lines(body):
        yield _together(number, lines) or list(_one_by_one(number, lines))
        number += len(lines)


def _lines(body: IO[bytes]) -> Iterator[list[bytes]]:
    """Some lines at a time, without their ends. One that is too long is cut off; it is the last of its list."""
    while block := body.read(BLOCK) + body.readline(JOB_BYTES):
        yield block.removesuffix(b"\n").split(b"\n")


def _together(first: int, lines: list[bytes]) -> list[tuple[int, NewJob]] | None:
    """Parse all lines at once, in half the time; None if something is wrong, for the error to name the line.

    As each line begins with `{`, a line break could be inside a job only in a list of objects, which no field takes, or
    in a string, which cannot contain one. So if there are as many jobs as lines, each line is a job.
    """
    joined = b",\n".join(lines)
    if (
        not joined.startswith(b"{")
        or joined.count(b"\n{") != len(lines) - 1
        or len(lines[-1]) >= JOB_BYTES
        or any(map(too_many, lines))
    ):
        return None
    text = b"[%b]" % joined
    try:
        jobs = _JOBS.validate_json(text)
        check_jobs(text, jobs)
    except (ValidationError, Repeated):
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
                job = _from_line(line)
            yield number, job


def _from_line(line: bytes) -> NewJob:
    try:
        job = NewJob.model_validate_json(line)
    except ValidationError:
        check(line)  # reported first, as for an array
        raise
    check_jobs(line, [job])
    return job


def _from_array(body: IO[bytes]) -> Iterator[list[tuple[int, NewJob]]]:
    """Item number, from 1, and job; parsed while it is read, never held as a whole."""
    jobs = _of_array(body)
    while chunk := list(islice(jobs, CHUNK)):
        yield chunk


def _of_array(body: IO[bytes]) -> Iterator[tuple[int, NewJob]]:
    number = 1
    try:
        for item in items(body):
            with _naming(f"item {number}"):
                job = NewJob.model_validate(item)
            yield number, job
            number += 1
    except Repeated as found:
        raise Refused(invalid(found.errors, where=f"item {number}")) from found
    except NotAnArray as fault:
        raise Refused(
            problem(422, "the body must be a JSON array of jobs; for a job a line, send application/x-ndjson")
        ) from fault
    except ValueError as fault:
        raise Refused(problem(422, f"item {number}: the body is not valid JSON: {fault}")) from fault


@contextmanager
def _naming(place: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as refusal:
        raise Refused(invalid(refusal.errors(include_url=False), where=place)) from refusal
    except Repeated as found:
        raise Refused(invalid(found.errors, where=place)) from found


def _commit(batch: Batch, entry: int, place: str) -> None:
    if not len(batch):
        raise Refused(problem(422, "the batch is empty: send at least one job"))
    try:
        batch.commit(entry)
    except JobExists as refusal:
        raise Refused(exists(refusal, where=f"{place} {refusal.position}: ")) from refusal
    except IdGivenTwice as refusal:
        also = f"{place} {refusal.first} has it as well"
        raise Refused(problem(409, f"{place} {refusal.position}: {refusal} ({also})")) from refusal
    except KeyHeld as refusal:
        also = "" if refusal.first is None else f" ({place} {refusal.first} of this batch)"
        raise Refused(problem(409, f"{place} {refusal.position}: {refusal}{also}")) from refusal
    except CommandNotAllowed as refusal:
        raise Refused(problem(422, f"{place} {refusal.position}: {refusal}")) from refusal


class Answer(StreamingResponse):
    """The JSON of Enqueued; closes the store at its end, also if the client has disconnected."""

    def __init__(self, store: Store, batch: Batch) -> None:
        super().__init__(_json(batch), 201 if len(batch) else 200, media_type="application/json")
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._store.close()


def _json(batch: Batch) -> Iterator[str]:
    """The JSON, a few ids at a time; `count` is known at the end."""
    count = 0
    yield '{"ids":['
    for some in _in_chunks(batch.ids()):
        yield ("," if count else "") + json.dumps(some)[1:-1]
        count += len(some)
    yield '],"existing":['
    separator = ""
    for some in _in_chunks(batch.existing()):
        yield separator + json.dumps(some)[1:-1]
        separator = ","
    yield f'],"count":{count}}}'


def _in_chunks(ids: Iterator[str]) -> Iterator[list[str]]:
    while some := list(islice(ids, CHUNK)):
        yield some
