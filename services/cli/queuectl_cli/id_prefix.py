"""Look up jobs by a prefix of their id. Only for commands that read; commands that change jobs need whole ids."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from queuectl_cli.client import Client, NotFound, segment
from queuectl_cli.failure import Failure

MIN_LENGTH = 6
"""Characters. Shorter prefixes soon match other jobs as well."""

GENERATED = r"[0-9A-HJKMNP-TV-Z]+"
"""Prefixes of generated ids, which are ULIDs."""

ID_OR_PREFIX = f"A job's id, or a prefix of at least {MIN_LENGTH} characters."
"""Help text of such arguments."""

SHOWN = 5
"""How many matching ids an error message lists."""

Found = TypeVar("Found")


def by_id_or_prefix(api: Client, text: str, ask: Callable[[str], Found], *, generated: bool = False) -> Found:
    """What `ask` returns for that id or, if it raises NotFound, for the only id with that prefix.

    `generated`: match prefixes of generated ids only, as the prefix of a chosen id may be the whole id of another job.
    Raises Failure, which lists the ids if several match.
    """
    try:
        return ask(text)
    except NotFound as fault:
        if generated and not re.fullmatch(GENERATED, text):
            raise
        return ask(_only_match(api, text, fault))


def job_by_id_or_prefix(api: Client, text: str, *, generated: bool = False) -> dict[str, Any]:
    """The job with that id or prefix; see by_id_or_prefix."""
    return by_id_or_prefix(api, text, lambda job_id: api.get(f"/api/jobs/{segment(job_id)}"), generated=generated)


def _only_match(api: Client, text: str, fault: NotFound) -> str:
    if len(text) < MIN_LENGTH:
        raise fault
    match api.get("/api/ids", {"prefix": text, "limit": SHOWN + 1})["items"]:
        case [str(only)] if only != text:
            return only
        case [first, _, *_] as ids if first != text:
            more = ", …" if len(ids) > SHOWN else ""
            raise Failure(f"{text!r} matches several ids: {', '.join(ids[:SHOWN])}{more}: use a longer prefix")
    raise fault
