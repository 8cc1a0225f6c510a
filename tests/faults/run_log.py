"""Records to compare the database with: answers that clients got, and starts and ends that commands wrote."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Answer(Enum):
    """What a client knows of its request."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # no answer came, or one that promises nothing: it may have been done


@dataclass(frozen=True, slots=True)
class Request:
    """`verb`: enqueue, cancel, retry or delete. `at`: when it was asked, in seconds since the epoch.

    `state`: the job's in the answer.
    """

    verb: str
    ids: tuple[str, ...]
    answer: Answer
    at: float = 0.0
    state: str | None = None


class RequestLog:
    """What all clients have asked for, and what became of it."""

    def __init__(self) -> None:
        self._requests: list[Request] = []
        self._lock = threading.Lock()

    def write(self, request: Request) -> None:
        """Called by the client when it has its answer, or has given up."""
        with self._lock:
            self._requests.append(request)

    def requests(self) -> list[Request]:
        """All so far."""
        with self._lock:
            return list(self._requests)

    def acknowledged(self) -> list[str]:
        """The ids of all jobs whose enqueue was acknowledged."""
        return [
            job_id
            for request in self.requests()
            if request.verb == "enqueue" and request.answer is Answer.ACKNOWLEDGED
            for job_id in request.ids
        ]


class Line(NamedTuple):
    """A line that a command has written: `word` is start, end or overlap; `at`: when, in seconds since the epoch."""

    word: str
    job_id: str
    attempt: int
    at: float = 0.0


def lines(text: str) -> list[Line]:
    """The run log of all commands, as lines; they write seconds since the machine started."""
    started = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return [
        Line(word, job_id, int(attempt), started + float(uptime))
        for word, job_id, attempt, uptime in map(str.split, text.splitlines())
    ]


def now() -> float:
    """Seconds since the epoch, cut to milliseconds as the API cuts its times."""
    return int(time.time() * 1000) / 1000


def chosen(requests: Iterable[Request], verb: str, *answers: Answer) -> dict[str, list[Request]]:
    """The requests of one verb with one of these answers, by job."""
    found: dict[str, list[Request]] = {}
    for request in requests:
        if request.verb == verb and request.answer in answers:
            for job_id in request.ids:
                found.setdefault(job_id, []).append(request)
    return found
