"""Bulk actions: one confirmation, then the action on all jobs that match the filters."""

from collections.abc import Mapping
from typing import Annotated

import typer

from queuectl_cli import queue_names
from queuectl_cli.client import Client
from queuectl_cli.confirm import confirm
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.output import note

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID…")]


def check_selection(ids: list[str] | None, filters: Mapping[str, str | None], *, everything: bool) -> None:
    """Require exactly one of ids, filters, or --all. An empty filter counts; the API refuses it. Raises Failure."""
    filtered = any(value is not None for value in filters.values())
    if [bool(ids), filtered, everything].count(True) != 1:
        options = ", ".join(f"--{name}" for name in filters)
        raise Failure(f"select jobs either by id, by filters ({options}), or with --all", USAGE)


def run(
    api: Client,
    action: str,
    filters: Mapping[str, str | None],
    question: str,
    done: str,
    *,
    yes: bool,
    force: bool = False,
) -> None:
    """Ask for confirmation, then apply the action to the matching jobs; without filters, to all.

    `question` and `done` contain `{}` for the number of jobs.
    """
    given = {name: value for name, value in filters.items() if value is not None}
    found = api.get("/api/count", given)
    if not found["count"] and found["complete"]:
        if unknown := queue_names.unknown_queues(api, given.get("queue", "")):
            raise Failure(unknown)
        note("no matching jobs: nothing was changed")
        return
    confirm(question.format(count_jobs(found["count"]) + ("" if found["complete"] else " or more")), yes=yes)
    changed = skipped = 0
    selection = {"filter": given} if given else {"all": True}
    cursor = None
    while True:
        step = api.post("/api/jobs/bulk", {"action": action, "force": force, "cursor": cursor, **selection})
        changed, skipped, cursor = changed + step["changed"], skipped + step["skipped"], step["next_cursor"]
        if cursor is None:
            break
    left = f"; {count_jobs(skipped)} skipped" if skipped else ""
    note(done.format(count_jobs(changed)) + left)


def count_jobs(number: int) -> str:
    """The number with its noun, e.g. `2 jobs`."""
    return f"{number} job{'' if number == 1 else 's'}"
