"""Follow jobs through interruptions of the network, a proxy or the API. Prints nothing.

After a reconnect, output resumes at its attempt and offset; after missed events, jobs are read again.
"""

import json
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple, TypeVar

from queuectl_cli.client import SILENCE_SECONDS, Client, NotFound, Query, Unavailable, segment
from queuectl_cli.id_prefix import by_id_or_prefix
from queuectl_cli.states import ENDED

CHUNK = 1 << 16
CONNECTED = "connected"
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 10.0

Found = TypeVar("Found")


class Reconnect:
    """Retries for this many seconds, but only after a first successful connection.

    `lost` is called once for each lost connection, `found` once it is restored.
    """

    def __init__(
        self,
        seconds: float = 600.0,
        lost: Callable[[Unavailable], None] = lambda _: None,
        found: Callable[[], None] = lambda: None,
    ) -> None:
        self._seconds = seconds
        self._lost = lost
        self._found = found
        self._was_connected = False
        self._lost_at: float | None = None
        self._pause = SHORTEST_PAUSE

    def until_done(self, ask: Callable[[], Found]) -> Found:
        """The API's answer, retried while the API is unavailable. Raises Failure; Unavailable if time runs out."""
        while True:
            try:
                answer = ask()
            except Unavailable as fault:
                self.wait(fault)
            else:
                self.connected()
                return answer

    def connected(self) -> None:
        """Note a successful response."""
        self._was_connected = True
        if self._lost_at is not None:
            self._lost_at, self._pause = None, SHORTEST_PAUSE
            self._found()

    def wait(self, fault: Unavailable) -> None:
        """Sleep before the next try. Raises the fault if time has run out."""
        if not self._was_connected:
            raise fault
        now = time.monotonic()
        if self._lost_at is None:
            self._lost_at = now
            self._lost(fault)
        left = self._lost_at + self._seconds - now
        if left <= 0:
            raise fault
        time.sleep(min(max(self._pause, fault.retry_after), left))
        self._pause = min(self._pause * 2, LONGEST_PAUSE)


class Position(NamedTuple):
    """A byte offset in an attempt's output."""

    attempt: int
    offset: int


FIRST = Position(1, 0)
"""The start of the output of a job without manual retries."""


def output(
    client: Client,
    job_id: str,
    reconnect: Reconnect,
    *,
    attempt: int | None = None,
    tail: int | None = None,
    begin: Position | None = None,
) -> Iterator[bytes]:
    """The output of a job through its retries, until it ends or is deleted; or of one attempt.

    Starts with the latest attempt, or at `begin`. `tail`: start with that many last lines. Gaps are marked as the API
    marks them. Raises Failure; NotFound if the job does not exist at first.
    """
    path = f"/api/logs/{segment(job_id)}"
    position: Position | None = begin or reconnect.until_done(lambda: _start(client, path, attempt, tail))
    while position and attempt in (None, position.attempt):
        try:
            position = yield from _read_part(client, path, position, reconnect)
        except _Broken as broken:
            position = broken.position
            reconnect.wait(broken.fault)
        except NotFound:  # deleted in the meantime
            return


class _Broken(Exception):
    """The connection broke in the middle of a part; `position`: where to resume."""

    def __init__(self, position: Position, fault: Unavailable) -> None:
        self.position, self.fault = position, fault


def _start(client: Client, path: str, attempt: int | None, tail: int | None) -> Position:
    with client.stream(path, "text/plain", {"attempt": attempt, "tail": tail}, SILENCE_SECONDS) as response:
        return _position(response.headers["Output-Start"])


def _read_part(
    client: Client, path: str, position: Position, reconnect: Reconnect
) -> Generator[bytes, None, Position | None]:
    """Output up to a gap, the end of an attempt, or a long silence. Returns where to resume; None if the job ended."""
    attempt, offset = position
    query: Query = {"follow": "true", "attempt": attempt, "offset": offset}
    try:
        with client.stream(path, "text/plain", query, SILENCE_SECONDS) as response:
            reconnect.connected()
            start = _position(response.headers["Output-Start"])
            if start.offset > offset:
                yield b"\n[... %d bytes were not kept ...]\n" % (start.offset - offset)
                offset = start.offset
            while chunk := response.read1(CHUNK):
                offset += len(chunk)
                yield chunk
            following = response.headers["Output-Next"]
    except Unavailable as fault:
        raise _Broken(Position(attempt, offset), fault) from fault
    if following:
        return _position(following)
    return Position(attempt, offset) if offset > position.offset else None


def _position(text: str) -> Position:
    return Position(*map(int, text.split(":")))


def changes(client: Client, reconnect: Reconnect) -> Iterator[tuple[str, Any]]:
    """(event, data) as they arrive. CONNECTED comes first, and after each interruption, when events may be missing."""
    while True:
        try:
            with client.stream("/api/events", "text/event-stream", timeout=SILENCE_SECONDS) as response:
                reconnect.connected()
                yield CONNECTED, None
                event = ""
                for raw in response:
                    name, _, value = raw.decode().rstrip("\n").partition(": ")
                    if name == "event":
                        event = value
                    elif name == "data":
                        yield event, json.loads(value)
        except Unavailable as fault:
            reconnect.wait(fault)
        else:  # the API is shutting down
            time.sleep(SHORTEST_PAUSE)


def until_ended(
    client: Client,
    job_ids: Iterable[str],
    reconnect: Reconnect,
    *,
    waiting: set[str] | None = None,
    prefixes: bool = False,
) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Yields each job with its id once it has ended; None for a job deleted in the meantime.

    `waiting` is updated to the ids that have not ended. `prefixes`: also accept prefixes of generated ids. Raises
    NotFound if a job does not exist.
    """
    names = list(dict.fromkeys(job_ids))
    waiting = set() if waiting is None else waiting
    waiting.update(names)
    for name in names:
        ask = partial(_job, client, reconnect)
        job = by_id_or_prefix(client, name, ask, generated=True) if prefixes else ask(name)
        waiting.discard(name)
        if job["state"] in ENDED:
            yield job["id"], job
        else:
            waiting.add(job["id"])
    if not waiting:
        return
    for event, data in changes(client, reconnect):
        if event in (CONNECTED, "reset"):
            to_check = list(waiting)
        elif event == "jobs":
            to_check = [change["id"] for change in data if change["state"] in (*ENDED, "deleted")]
        else:
            continue
        for job_id in to_check:
            if job_id not in waiting:
                continue
            current = _job_or_none(client, job_id, reconnect)
            if current is None or current["state"] in ENDED:
                waiting.remove(job_id)
                yield job_id, current
        if not waiting:
            return


def _job_or_none(client: Client, job_id: str, reconnect: Reconnect) -> dict[str, Any] | None:
    try:
        return _job(client, reconnect, job_id)
    except NotFound:
        return None


def _job(client: Client, reconnect: Reconnect, job_id: str) -> dict[str, Any]:
    job: dict[str, Any] = reconnect.until_done(partial(client.get, f"/api/jobs/{segment(job_id)}"))
    return job
