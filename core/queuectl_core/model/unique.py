"""Unique keys: what an enqueue does while another job holds the key."""

from enum import StrEnum


class OnConflict(StrEnum):
    """What to do while another job holds the key."""

    RETURN = "return"
    REJECT = "reject"
    REPLACE = "replace"
