"""Unique keys: the options, and what the user is told if the job exists already."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.output import note
from queuectl_cli.time_formats import parse_duration


class OnConflict(StrEnum):
    """What to do while another job holds the key."""

    RETURN = "return"
    REJECT = "reject"
    REPLACE = "replace"


def parse_unique_key(text: str) -> str:
    """The key. Raises ValueError."""
    if not text.strip():
        raise ValueError("must not be blank")
    if len(text) > 200:
        raise ValueError("must have at most 200 characters")
    return text


def parse_unique_for(text: str) -> float:
    """Seconds. Raises ValueError."""
    seconds = parse_duration(text)
    if seconds < 1:
        raise ValueError("must be at least 1s")
    return seconds


def require_key(given: Mapping[str, Any], job: Mapping[str, Any]) -> None:
    """Raise Failure if an option among the `given` fields needs a unique key that the job does not have."""
    for field in ("unique_for", "on_conflict"):
        if field in given and job.get("unique") is None:
            raise Failure(f"--{field.replace('_', '-')}: requires --unique KEY", USAGE)


def note_existing(answer: Mapping[str, Any]) -> None:
    """Tell the user which jobs were there before, from the API's answer to an enqueue."""
    existing = answer.get("existing")
    if existing is True:
        note(f"{answer['id']} exists already: it holds the unique key {answer['unique']!r}")
    elif existing:
        number = len(set(existing))
        note(f"{number} of the jobs {'exists' if number == 1 else 'exist'} already: see the unique keys")
