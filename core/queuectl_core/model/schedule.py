"""A schedule, and its fires, as the queue returns them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class CatchUp(StrEnum):
    """Which of several due times fire, for example after nothing was running for a while."""

    LATEST = "latest"
    NONE = "none"  # only a time that is at most ON_TIME_SECONDS old
    ALL = "all"


class Overlap(StrEnum):
    """What happens at a due time while an earlier job of the schedule has not ended."""

    SKIP = "skip"
    QUEUE = "queue"  # one after another
    ALLOW = "allow"
    REPLACE = "replace"  # cancels the earlier one, and waits until nothing of it runs


class FireOutcome(StrEnum):
    """What became of a due time."""

    ENQUEUED = "enqueued"
    SKIPPED = "skipped"  # by the overlap rule
    MISSED = "missed"  # it was too late when it was noticed
    REFUSED = "refused"  # the queue does not accept the job


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule. Times are seconds since the epoch, durations seconds.

    Exactly one of `cron` and `every` is set. `job`: the settings of its jobs, as JSON. `starts_at` is inclusive,
    `ends_at` exclusive. `anchor`: where intervals are counted from. `since`: no time up to then fires. `next_nominal`,
    `next_at`: the next time, and when it fires, which the jitter delays; None if there is none. `fires`: how many rows
    its history has had.
    """

    name: str
    cron: str | None
    every: int | None
    timezone: str
    job: Mapping[str, Any]
    catch_up: CatchUp
    catch_up_window: float
    overlap: Overlap
    jitter: float
    starts_at: float | None
    ends_at: float | None
    pause_after: int | None
    paused: bool
    pause_reason: str | None
    created_at: float
    updated_at: float
    anchor: float
    since: float
    next_nominal: float | None
    next_at: float | None
    fires: int


@dataclass(frozen=True, slots=True)
class Fire:
    """A due time of a schedule. `scheduled_at`: the nominal time, without jitter; or when `run` was called.

    `until`: it stands for all missed times from `scheduled_at` up to then; None: for one. `job`: the id of the job,
    which may be deleted; None for `enqueued`: it waits for its turn. `detail`: the reason, for people.
    """

    scheduled_at: float
    until: float | None
    outcome: FireOutcome
    job: str | None
    detail: str | None
