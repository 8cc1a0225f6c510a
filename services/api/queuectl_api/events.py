"""Live changes, as server-sent events."""

import asyncio
import re
import time
from collections.abc import AsyncIterable, Iterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from queuectl_api.access import Queue
from queuectl_api.authentication import VIEWER
from queuectl_api.problems import documented
from queuectl_api.ring import Ring
from queuectl_api.schemas import Status
from queuectl_api.status import status
from queuectl_api.streams import STREAM
from queuectl_api.workers import live
from queuectl_core.event import Event, Kind
from queuectl_core.sqlite.journal import DELETED
from queuectl_core.sqlite.store import Store

router = APIRouter(tags=["live"], responses=documented(503, 507))

TOGETHER_SECONDS = 0.02
LOOK_ANYWAY_SECONDS = 1.0
LONGEST_SILENCE_SECONDS = 10.0
MOST_AT_ONCE = 1000


async def _begun(
    queue: Queue,
    last_event_id: Annotated[str | None, Header(description="Where an earlier stream broke off.")] = None,
) -> tuple[int, bool]:
    """Looked up before the response begins, so that it can still be one that says why there is no stream."""
    return await queue.read(lambda store: _begin(store, last_event_id))


@router.get("/events", response_class=EventSourceResponse, operation_id="streamEvents", dependencies=[VIEWER, STREAM])
async def stream(
    request: Request, queue: Queue, begun: Annotated[tuple[int, bool], Depends(_begun)]
) -> AsyncIterable[ServerSentEvent]:
    """Every change of a job (`jobs`), a worker (`workers`) and the counts (`status`), as it happens.

    It begins with `status`. `queues` and `config` say that settings of queues, or of the system, were changed: fetch
    them again. `reset` says that changes were missed: fetch again what you show.
    Changes that come within 20 ms are sent together. `status` comes every ten seconds also where nothing changes, so a
    stream that has been silent for longer has ended without a word.
    """
    ring: Ring = request.app.state.ring
    seen, missed = begun
    if missed:
        yield ServerSentEvent(event="reset", data={}, id=str(seen))
    shown: Status | None = None
    told = 0.0
    while True:
        rung = ring.next()
        events, messages, now = await queue.read(partial(_look, seen=seen))
        if events:
            seen = events[-1].seq
        for message in messages:
            yield message
        if now != shown or time.monotonic() - told > LONGEST_SILENCE_SECONDS:
            shown, told = now, time.monotonic()
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


def _look(store: Store, seen: int) -> tuple[list[Event], list[ServerSentEvent], Status]:
    events = store.events.after(seen, MOST_AT_ONCE)
    return events, list(_messages(store, events, seen)), status(store)


def _messages(store: Store, events: list[Event], seen: int) -> Iterator[ServerSentEvent]:
    kinds = {event.kind for event in events}
    say = partial(ServerSentEvent, id=str(events[-1].seq) if events else None)
    missed = bool(events) and events[0].seq > seen + 1  # who reads slowly finds the next ones trimmed
    if missed or Kind.MANY in kinds:
        yield say(event="reset", data={})
    if Kind.JOB in kinds:
        yield say(event="jobs", data=[_job(event) for event in events if event.kind is Kind.JOB])
    if Kind.WORKER in kinds:
        yield say(event="workers", data=live(store))
    if Kind.QUEUE in kinds:
        yield say(event="queues", data={})
    if Kind.CONFIG in kinds:
        yield say(event="config", data={})


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
