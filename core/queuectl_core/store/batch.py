"""Enqueueing many jobs at once, all or nothing."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a worker enqueues nothing, and does not need pydantic
    from queuectl_core.model.new_job import NewJob


class Batch(Protocol):
    """Jobs are staged as they arrive, then enqueued in one transaction."""

    @property
    def first_id(self) -> str:
        """The first generated id, from which the others count up."""
        ...

    def stage(self, jobs: Sequence[tuple[int, "NewJob"]]) -> None:
        """Add jobs, each with its position in the caller's input, in ascending order. They are not visible yet."""
        ...

    def commit(self, entry: int | None = None) -> None:
        """Put all staged jobs into the queue, except those whose unique key another job holds, or an earlier one has.

        Raises JobExists, IdGivenTwice, KeyHeld and CommandNotAllowed, with the position. `entry`: the audit log's entry
        about the batch, which each of its jobs names.
        """
        ...

    @property
    def outcome(self) -> str:
        """After `commit`: what `repeat` needs, beginning with `first_id` and a space or the end."""
        ...

    def repeat(self, outcome: str) -> None:
        """Instead of `commit`: let the same jobs with the same `first_id` have the ids that they got then."""
        ...

    def __len__(self) -> int:
        """The number of staged jobs; after `commit`, of those that were enqueued."""
        ...

    def ids(self) -> Iterator[str]:
        """The ids of the jobs, in order; for one that was not enqueued, that of the job with its unique key."""
        ...

    def existing(self) -> Iterator[str]:
        """Those of the ids that belong to a job that existed before, in order."""
        ...
