"""Notifications of commits."""

from typing import Protocol


class Listener(Protocol):
    """Wait for it with `fileno`. Notifications can be lost: also poll the database once a second."""

    def fileno(self) -> int:
        """Readable after a notification."""
        ...

    def clear(self) -> None:
        """Discard pending notifications; call it before reading the database."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...
