"""`queuectl list`: list jobs, newest first."""

from enum import StrEnum
from functools import partial
from typing import Annotated, Any

import typer

from queuectl_cli import queue_names
from queuectl_cli.client import Client, Query
from queuectl_cli.context import client
from queuectl_cli.failure_reason import failure_reason
from queuectl_cli.listing import print_list
from queuectl_cli.options import OutputFormat, OutputOption, parse_option
from queuectl_cli.output import age, note
from queuectl_cli.pages import fetch, more_hint
from queuectl_cli.time_formats import parse_past


class Sort(StrEnum):
    """Sort orders of a list."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    ENDED_LAST = "-finished_at"
    ENDED_FIRST = "finished_at"


AT_OR_AFTER = "at or after this time, e.g. 2026-01-31 or 2h (ago)."

InQueue = Annotated[
    str | None, typer.Option("--queue", "-q", metavar="NAMES", help="In these queues, separated by commas.")
]
Search = Annotated[str | None, typer.Option(metavar="TEXT", help="Command or id contains this text, ignoring case.")]
Tag = Annotated[
    str | None, typer.Option("--tag", "-t", metavar="TAGS", help="With any of these tags, separated by commas.")
]
InState = Annotated[str | None, typer.Option("--state", metavar="STATES", help="In these states, separated by commas.")]
Worker = Annotated[str | None, typer.Option(metavar="ID", help="Run by this worker.")]
Error = Annotated[str | None, typer.Option(metavar="TEXT", help="Error or end of the output contains this text.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="Maximum number of entries.")]
All = Annotated[bool, typer.Option("--all", "-a", help="List all entries, without a limit.")]


def list_jobs(
    state: InState = None,
    queue: InQueue = None,
    search: Search = None,
    tag: Tag = None,
    worker: Worker = None,
    error: Error = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=f"Enqueued {AT_OR_AFTER}")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Enqueued before this time.")] = None,
    finished_since: Annotated[
        str | None, typer.Option(metavar="TIME", help=f"Ended (completed, cancelled or dead) {AT_OR_AFTER}")
    ] = None,
    finished_until: Annotated[str | None, typer.Option(metavar="TIME", help="Ended before this time.")] = None,
    sort: Annotated[
        Sort | None,
        typer.Option(
            help="Sort order; a leading - sorts newest first. finished_at lists only jobs that have ended."
            " Default: -created_at, or -finished_at with --finished-since or --finished-until."
        ),
    ] = None,
    limit: Limit = 50,
    everything: All = False,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """List jobs, newest first."""
    query = filters(queue, search, tag, worker, error) | time_filters(
        since=since, until=until, finished_since=finished_since, finished_until=finished_until
    )
    default_sort = Sort.ENDED_LAST if finished_since or finished_until else Sort.NEWEST
    query |= {"state": state, "sort": sort or default_sort}
    print_job_list("/api/jobs", query, None if everything else limit, output)


def filters(
    queue: str | None,
    search: str | None,
    tag: str | None,
    worker: str | None,
    error: str | None,
) -> dict[str, str | int | None]:
    """The filters other than times, under the API's names."""
    return {"queue": queue, "q": search, "tag": tag, "worker": worker, "error": error}


def time_filters(**given: str | None) -> dict[str, str | int | None]:
    """The filters by time, under the API's names, which equal the options'."""
    return {
        name: text and parse_option(f"--{name.replace('_', '-')}", text, parse_past) for name, text in given.items()
    }


def print_job_list(
    path: str,
    query: Query,
    limit: int | None,
    output: OutputFormat,
    age_column: tuple[str, str] = ("AGE", "created_at"),
) -> None:
    """Print up to `limit` jobs of a list (None: all). `age_column`: its heading, and the field with the time."""
    api = client()
    jobs, cut = fetch(api, path, query, limit)
    if not jobs:
        _note_unknown_queues(api, query["queue"])
    columns = ("ID", "STATE", "QUEUE", "ATTEMPTS", age_column[0], "COMMAND", "ERROR", "DESCRIPTION")
    print_list(jobs, "id", output, columns, partial(_row, time_field=age_column[1]), cut=3)
    if cut and output is not OutputFormat.JSON:
        note(more_hint(jobs))


def _note_unknown_queues(api: Client, names: str | int | None) -> None:
    if names and (unknown := queue_names.unknown_queues(api, str(names))):
        note(unknown)


def _row(job: dict[str, Any], time_field: str) -> tuple[object, ...]:
    return (
        job["id"],
        job["state"],
        job["queue"],
        job["attempts"],
        age(job[time_field]),
        job["command"],
        failure_reason(job),
        job["description"] or "",
    )
