"""The event feed for live views."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from queuectl_core.model.event import Event

KEPT_EVENTS = 10_000


class News(NamedTuple):
    """Events, oldest first. `cursor`: where to continue. `missed`: earlier events have already been dropped."""

    events: Sequence[Event]
    cursor: str
    missed: bool


class Feed(Protocol):
    """Events in an order that is the same for all readers. Cursors are opaque, and valid in any process."""

    def latest(self) -> str:
        """The cursor after the newest event."""
        ...

    def after(self, cursor: str, limit: int = 1000) -> News:
        """The events after the cursor. If the cursor is invalid: none, `missed`, and the latest cursor."""
        ...

    def trim(self) -> None:
        """Drop all but the newest KEPT_EVENTS events."""
        ...
