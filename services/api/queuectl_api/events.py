"""Live changes, as server-sent events."""

import asyncio
import re
from collections.abc import AsyncIterable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from queuectl_api.access import Queue
from queuectl_api.problems import documented
from queuectl_api.ring import Ring
from queuectl_api.schemas import Status, WorkerList
from queuectl_api.status import status
from queuectl_api.workers import live
from queuectl_core.event import Event, Kind
from queuectl_core.sqlite.journal import DELETED
from queuectl_core.sqlite.store import Store

router = APIRouter(tags=["live"], responses=documented(503, 507))

TOGETHER_SECONDS = 0.02
LOOK_ANYWAY_SECONDS = 1.0
MOST_AT_ONCE = 1000


async def _begun(
    queue: Queue,
    last_event_id: Annotated[str | None, Header(description="Where an earlier stream broke off.")] = None,
) -> tuple[int, bool]:
    """Looked up before the response begins, so that it can still be one that says why there is no stream."""
    return await queue.read(lambda store: _begin(store, last_event_id))


@router.get("/events", response_class=EventSourceResponse, operation_id="streamEvents")
async def stream(
    request: Request, queue: Queue, begun: Annotated[tuple[int, bool], Depends(_begun)]
) -> AsyncIterable[ServerSentEvent]:
    """Every change of a job (`jobs`), a worker (`workers`) and the counts (`status`), as it happens.

    It begins with `status`. `reset` says that changes were missed: fetch again what you show.
    Changes that come within 20 ms are sent together.
    """
    ring: Ring = request.app.state.ring
    seen, missed = begun
    if missed:
        yield ServerSentEvent(event="reset", data={}, id=str(seen))
    shown: Status | None = None
    while True:
        rung = ring.next()
        events, now, workers = await queue.read(partial(_look, seen=seen))
        if events:
            seen = events[-1].seq
            for message in _messages(events, workers):
                yield message
        if now != shown:
            shown = now
            yield ServerSentEvent(event="status", data=now)
        if len(events) < MOST_AT_ONCE:
            await _wait(rung)


def _begin(store: Store, last_event_id: str | None) -> tuple[int, bool]:
    """The number of the event after which to go on, and whether some in between are kept no more."""
    latest = store.events.latest()
    if last_event_id is None:
        return latest, False
    known = int(last_event_id) if re.fullmatch("[0-9]{1,18}", last_event_id) else -1
    if store.events.oldest() - 1 <= known <= latest:
        return known, False
    return latest, True


def _look(store: Store, seen: int) -> tuple[list[Event], Status, WorkerList]:
    return store.events.after(seen, MOST_AT_ONCE), status(store), live(store)


def _messages(events: list[Event], workers: WorkerList) -> list[ServerSentEvent]:
    last = str(events[-1].seq)
    kinds = {event.kind for event in events}
    messages = []
    if Kind.MANY in kinds:
        messages.append(ServerSentEvent(event="reset", data={}, id=last))
    if Kind.JOB in kinds:
        jobs = [_job(event) for event in events if event.kind is Kind.JOB]
        messages.append(ServerSentEvent(event="jobs", data=jobs, id=last))
    if Kind.WORKER in kinds:
        messages.append(ServerSentEvent(event="workers", data=workers, id=last))
    return messages


def _job(event: Event) -> dict[str, Any]:
    if event.change == DELETED:
        return {"id": event.subject, "state": DELETED}
    return {
        "id": event.subject,
        "state": event.change,
        "queue": event.queue,
        "attempts": event.attempts,
        "cancelling": event.cancelling,
    }


async def _wait(rung: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(LOOK_ANYWAY_SECONDS):
            await rung.wait()
    except TimeoutError:
        return
    await asyncio.sleep(TOGETHER_SECONDS)
