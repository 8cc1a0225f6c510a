"""Bulk actions on jobs."""

from enum import StrEnum


class Action(StrEnum):
    """An action on many jobs at once."""

    RETRY = "retry"
    CANCEL = "cancel"
    DELETE = "delete"
