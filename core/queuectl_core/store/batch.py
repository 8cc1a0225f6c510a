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
        """Put all staged jobs into the queue. Raises JobExists, IdGivenTwice and CommandNotAllowed, with the position.

        `entry`: the audit log's entry about the batch, which each of its jobs names.
        """
        ...

    def __len__(self) -> int:
        """The number of staged jobs."""
        ...

    def ids(self) -> Iterator[str]:
        """The ids of the staged jobs, in order."""
        ...
