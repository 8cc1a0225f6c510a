"""Duplicate names in a JSON object, of which parsers silently take the last one."""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from queuectl_core.model.new_job import NewJob

TWICE = "is given twice: give it once"


class Repeated(Exception):
    """An object has two fields with the same name."""

    def __init__(self, name: str) -> None:
        self.errors = [{"type": "repeated", "loc": ("body", name), "msg": TWICE, "input": None}]
        """In the format of pydantic's errors."""


def once_each(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object with these fields: the `object_pairs_hook` of a JSON decoder. Raises Repeated."""
    found = dict(fields)
    if len(found) < len(fields):
        [(name, _)] = Counter(name for name, _ in fields).most_common(1)
        raise Repeated(name)
    return found


def check(text: bytes) -> None:
    """Raise Repeated if an object in a JSON text has a duplicate name."""
    with suppress(ValueError, RecursionError):  # invalid JSON is reported by the parser
        json.loads(text, object_pairs_hook=once_each)


def check_jobs(text: bytes, jobs: Sequence[NewJob]) -> None:
    """The same for the text of these jobs, but faster: each field has a colon.

    If there are no more colons than fields, no name is a duplicate.
    """
    if text.count(b":") != sum(map(_fields, jobs)):
        check(text)


def _fields(job: NewJob) -> int:
    limits = job.limits.model_fields_set if job.limits else ()
    return len(job.model_fields_set) + len(job.env) + len(limits)
