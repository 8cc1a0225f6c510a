"""Live changes, as server-sent events."""

import asyncio
import time
from collections.abc import AsyncIterable, Iterator
from functools import partial
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from queuectl_api.access import QueueAccess
from queuectl_api.authentication import VIEWER
from queuectl_api.problems import documented
from queuectl_api.status import Status, status
from queuectl_api.streams import STREAM
from queuectl_api.wake_ups import WakeUps
from queuectl_api.workers import live
from queuectl_core.model.event import DELETED, Event, EventType
from queuectl_core.store.feed import News
from queuectl_core.store.store import Store

router = APIRouter(tags=["live"], responses=documented(503, 507))

Snapshot: TypeAlias = tuple[News, list[ServerSentEvent], Status]

TOGETHER_SECONDS = 0.02
POLL_SECONDS = 1.0
LONGEST_SILENCE_SECONDS = 10.0
MOST_AT_ONCE = 1000


async def _start(
    access: QueueAccess,
    last_event_id: Annotated[str | None, Header(description="The last event id of an earlier stream.")] = None,
) -> str:
    """The cursor to start at, read before the response begins, so that a failure can still be reported."""
    return await access.read(lambda store: last_event_id or store.feed.latest())


@router.get("/events", response_class=EventSourceResponse, operation_id="streamEvents", dependencies=[VIEWER, STREAM])
async def stream(
    request: Request, access: QueueAccess, cursor: Annotated[str, Depends(_start)]
) -> AsyncIterable[ServerSentEvent]:
    """Every change of a job (`jobs`), a worker (`workers`) and the counts (`status`), as it happens.

    It begins with `status`. The `id` of an event is where to resume (`Last-Event-ID`) if the stream breaks. `queues`,
    `config` and `schedules` mean that settings of queues, settings of the system, or schedules have changed: fetch them
    again. `reset` means that changes were missed: fetch everything you show again.
    Changes within 20 ms are sent together. `status` comes at least every ten seconds, so a stream that is silent for
    longer is broken.
    """
    wake_ups: WakeUps = request.app.state.wake_ups
    snapshots: Snapshots = request.app.state.snapshots
    shown: Status | None = None
    sent_at = 0.0
    while True:
        notified = wake_ups.next()
        news, messages, now = await snapshots.after(cursor, notified, access)
        cursor = news.cursor
        for message in messages:
            yield message
        if now != shown or time.monotonic() - sent_at > LONGEST_SILENCE_SECONDS:
            shown, sent_at = now, time.monotonic()
            yield ServerSentEvent(event="status", data=now, id=cursor)
        if len(news.events) < MOST_AT_ONCE:
            await _wait(notified)


class Snapshots:
    """Reads of the feed since the last notification, shared by all streams with the same cursor."""

    def __init__(self) -> None:
        self._since: tuple[asyncio.Event, int] | None = None
        self._found: dict[str, asyncio.Task[Snapshot]] = {}

    async def after(self, cursor: str, notified: asyncio.Event, access: QueueAccess) -> Snapshot:
        """What is new after the cursor: read once per notification, or second, for all streams."""
        since = notified, int(time.monotonic() / POLL_SECONDS)
        if since != self._since:
            self._since, self._found = since, {}
        if cursor not in self._found:
            self._found[cursor] = asyncio.create_task(access.read(partial(_read, cursor=cursor)))
        return await asyncio.shield(self._found[cursor])  # a stream that ends must not cancel it for the others


def _read(store: Store, cursor: str) -> Snapshot:
    news = store.feed.after(cursor, MOST_AT_ONCE)
    return news, list(_messages(store, news)), status(store)


def _messages(store: Store, news: News) -> Iterator[ServerSentEvent]:
    types = {event.type for event in news.events}
    message = partial(ServerSentEvent, id=news.cursor)
    if news.missed or EventType.MANY in types:
        yield message(event="reset", data={})
    if EventType.JOB in types:
        yield message(event="jobs", data=[_job(event) for event in news.events if event.type is EventType.JOB])
    if EventType.WORKER in types:
        yield message(event="workers", data=live(store))
    if EventType.QUEUE in types:
        yield message(event="queues", data={})
    if EventType.CONFIG in types:
        yield message(event="config", data={})
    if EventType.SCHEDULE in types:
        yield message(event="schedules", data={})


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


async def _wait(notified: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(POLL_SECONDS):
            await notified.wait()
    except TimeoutError:
        return
    await asyncio.sleep(TOGETHER_SECONDS)
