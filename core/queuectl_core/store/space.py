"""Disk space of the database."""

from typing import Protocol


class Space(Protocol):
    """The size of the database's files."""

    def give_back(self) -> None:
        """Return some free space to the file system; nothing if there is little."""
        ...

    def blocker(self) -> str | None:
        """Who has prevented the database from reusing the space of deleted rows for long; None: nobody.

        The database becomes larger and slower until that ends.
        """
        ...
