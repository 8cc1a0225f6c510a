"""Compares what clients and commands have recorded with what the database says after a quiet end."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from tests.faults.report import Finding
from tests.faults.run_log import Answer, Line, Request, chosen

ENDED = ("completed", "dead", "cancelled")
SHOWN = 10
SLACK_SECONDS = 0.05
"""Times are cut, and clocks slewed."""


@dataclass(frozen=True, slots=True)
class Violations:
    """What went wrong, one sentence each."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    overlapping: list[str] = field(default_factory=list)
    unrun: list[str] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)

    def finding(self, fault: str, cause: str, times: int, jobs: int) -> Finding:
        """The row for the table."""
        return Finding(fault, cause, times, jobs, **{kind: len(told) for kind, told in self._each()})

    def __str__(self) -> str:
        return "\n".join(
            f"{kind}: {len(told)}\n" + "\n".join(f"  {sentence}" for sentence in told[:SHOWN])
            for kind, told in self._each()
            if told
        )

    def _each(self) -> Iterator[tuple[str, list[str]]]:
        for each in fields(self):
            yield each.name, getattr(self, each.name)


def check(
    requests: Sequence[Request],
    lines: Sequence[Line],
    jobs: Sequence[dict[str, Any]],
    *,
    seen: Sequence[dict[str, Any]] = (),
    left_behind: Sequence[str] = (),
    steady: bool = True,
) -> Violations:
    """`jobs`: all that the API lists in the end, each with its history; `seen`: some as they were in the middle.

    `left_behind`: what was found, in words. `steady`: whether the wall clock went steadily; where it did not, times of
    the history are not compared with each other, nor with those of the clients.
    """
    by_id = {job["id"]: job for job in jobs}
    return Violations(
        lost=[
            *_missing(requests, by_id),
            *_torn(requests, by_id),
            *_unended(jobs),
            *_undone(requests, by_id),
            *(_not_rerun(requests, by_id) if steady else ()),
        ],
        duplicated=[
            *_twice(jobs),
            *_refused_and_there(requests, by_id),
            *_unknown_starts(lines, by_id),
            *_after_completion(jobs),
            *_ended_again(seen, by_id),
        ],
        overlapping=[*_overlaps(lines), *(_overlapping_history(jobs) if steady else ())],
        unrun=[
            *_without_end(lines, jobs),
            *(_before_the_end(lines, jobs) if steady else ()),
            *_without_start(lines, jobs),
        ],
        left_behind=[*left_behind],
    )


# Lost


def _missing(requests: Sequence[Request], jobs: dict[str, Any]) -> Iterator[str]:
    deleted = chosen(requests, "delete", Answer.ACKNOWLEDGED, Answer.UNKNOWN)
    for job_id in chosen(requests, "enqueue", Answer.ACKNOWLEDGED):
        if job_id not in jobs and job_id not in deleted:
            yield f"{job_id} was acknowledged and is not there"


def _torn(requests: Sequence[Request], jobs: dict[str, Any]) -> Iterator[str]:
    """Batches that are there in part."""
    deleted = chosen(requests, "delete", Answer.ACKNOWLEDGED, Answer.UNKNOWN)
    for request in requests:
        if request.verb == "enqueue" and request.answer is not Answer.ACKNOWLEDGED:
            kept = [job_id for job_id in request.ids if job_id not in deleted]
            there = [job_id for job_id in kept if job_id in jobs]
            if there and len(there) < len(kept):
                yield f"of the batch {request.ids[0]}… {len(there)} are there of {len(kept)}"


def _unended(jobs: Sequence[dict[str, Any]]) -> Iterator[str]:
    for job in jobs:
        if job["state"] not in ENDED:
            yield f"{job['id']} is {job['state']} and never ended"


def _undone(requests: Sequence[Request], jobs: dict[str, Any]) -> Iterator[str]:
    """Deletes and cancels that were acknowledged and have left no trace."""
    for job_id in chosen(requests, "delete", Answer.ACKNOWLEDGED):
        if job_id in jobs:
            yield f"{job_id} was deleted and is there"
    cancels = chosen(requests, "cancel", Answer.ACKNOWLEDGED)
    for job_id in cancels.keys() & jobs.keys() - chosen(requests, "retry", Answer.ACKNOWLEDGED, Answer.UNKNOWN).keys():
        waited = any(request.state == "cancelled" for request in cancels[job_id])
        if jobs[job_id]["state"] not in (("cancelled",) if waited else ("cancelled", "completed")):
            yield f"{job_id} was cancelled and is {jobs[job_id]['state']}"


def _not_rerun(requests: Sequence[Request], jobs: dict[str, Any]) -> Iterator[str]:
    """Retries that were acknowledged and have left no trace."""
    retries = chosen(requests, "retry", Answer.ACKNOWLEDGED)
    for job_id in retries.keys() & jobs.keys() - chosen(requests, "cancel", Answer.ACKNOWLEDGED, Answer.UNKNOWN).keys():
        last = max(request.at for request in retries[job_id])
        if not any(_seconds(attempt["started_at"]) >= last for attempt in jobs[job_id]["history"]):
            yield f"{job_id} was retried and did not run again"


# Duplicated


def _twice(jobs: Sequence[dict[str, Any]]) -> Iterator[str]:
    for job_id, times in Counter(job["id"] for job in jobs).items():
        if times > 1:
            yield f"{job_id} is there {times} times"


def _refused_and_there(requests: Sequence[Request], jobs: dict[str, Any]) -> Iterator[str]:
    """Its client would enqueue it again, under another name."""
    for job_id in chosen(requests, "enqueue", Answer.REFUSED):
        if job_id in jobs:
            yield f"{job_id} was refused and is there"


def _unknown_starts(lines: Sequence[Line], jobs: dict[str, Any]) -> Iterator[str]:
    """Attempts that ran twice, or of which the history of a job does not tell."""
    for (job_id, attempt), times in Counter(line[1:3] for line in lines if line.word == "start").items():
        if times > 1:
            yield f"{job_id} was started {times} times as attempt {attempt}"
        if job_id in jobs and attempt not in [known["number"] for known in jobs[job_id]["history"]]:
            yield f"{job_id} was started as attempt {attempt}, of which its history does not tell"


def _after_completion(jobs: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What has completed cannot be retried, so that it must be the last attempt."""
    for job in jobs:
        if any(attempt["state"] == "completed" for attempt in job["history"][:-1]):
            yield f"{job['id']} ran again after it had completed"


def _ended_again(seen: Sequence[dict[str, Any]], jobs: dict[str, Any]) -> Iterator[str]:
    """Attempts that had ended and whose end was written anew, as by a worker that had lost its lease."""
    for job in seen:
        history = jobs[job["id"]]["history"] if job["id"] in jobs else []
        for earlier, later in zip(job["history"], history, strict=False):
            if earlier["state"] != "processing" and earlier != later:
                yield f"{job['id']} has ended attempt {earlier['number']} twice: {earlier}, {later}"


# Overlapping


def _overlaps(lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        if line.word == "overlap":
            yield f"{line.job_id} was started as attempt {line.attempt} while an earlier one lived"


def _overlapping_history(jobs: Sequence[dict[str, Any]]) -> Iterator[str]:
    for job in jobs:
        for earlier, later in itertools.pairwise(job["history"]):
            if earlier["ended_at"] is None or _seconds(later["started_at"]) < _seconds(earlier["ended_at"]):
                yield f"{job['id']} has attempts {earlier['number']} and {later['number']} at the same time"


# Unrun


def _without_end(lines: Sequence[Line], jobs: Sequence[dict[str, Any]]) -> Iterator[str]:
    ended = {line[1:3] for line in lines if line.word == "end"}
    for job in jobs:
        for attempt in job["history"]:
            if attempt["state"] == "completed" and (job["id"], attempt["number"]) not in ended:
                yield f"{job['id']} has completed attempt {attempt['number']}, which did not come to its end"
        if job["state"] == "completed" and not any(attempt["state"] == "completed" for attempt in job["history"]):
            yield f"{job['id']} is completed without an attempt that is"


def _before_the_end(lines: Sequence[Line], jobs: Sequence[dict[str, Any]]) -> Iterator[str]:
    ended = {line[1:3]: line.at for line in lines if line.word == "end"}
    for job in jobs:
        for attempt in job["history"]:
            late = ended.get((job["id"], attempt["number"]), 0.0)
            if attempt["state"] == "completed" and late > _seconds(attempt["ended_at"]) + SLACK_SECONDS:
                yield f"{job['id']} has completed attempt {attempt['number']} before that came to its end"


def _without_start(lines: Sequence[Line], jobs: Sequence[dict[str, Any]]) -> Iterator[str]:
    """An exit status of a command that never began. After a signal it may not have come to writing its line."""
    started = {line[1:3] for line in lines if line.word == "start"}
    for job in jobs:
        for attempt in job["history"]:
            exited = attempt["exit_code"] is not None and attempt["signal"] is None
            if exited and (job["id"], attempt["number"]) not in started:
                yield f"{job['id']} has an exit status of attempt {attempt['number']}, which never began"


def _seconds(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()
