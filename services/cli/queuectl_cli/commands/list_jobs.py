"""`queuectl list`: the jobs, newest first."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from queuectl_cli.client import Query
from queuectl_cli.context import client
from queuectl_cli.moment import moment
from queuectl_cli.options import AsJson
from queuectl_cli.output import ago, note, print_json, print_table
from queuectl_cli.pages import fetch, more
from queuectl_cli.why import why


class Sort(StrEnum):
    """The orders of a list."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    ENDED_LAST = "-finished_at"
    ENDED_FIRST = "finished_at"


InQueue = Annotated[str | None, typer.Option("--queue", help="In this queue.")]
Search = Annotated[str | None, typer.Option(help="With this text in the command or the id.")]
Tag = Annotated[str | None, typer.Option(help="With this tag.")]
Worker = Annotated[str | None, typer.Option(help="Run by this worker.")]
Error = Annotated[str | None, typer.Option(help="With this text in the error, or at the end of the output.")]
Since = Annotated[str | None, typer.Option(help="Enqueued since 2026-01-31T09:30:00Z, or since 2h, 3d.")]
Until = Annotated[str | None, typer.Option(help="Enqueued before that.")]
InOrder = Annotated[Sort, typer.Option("--sort", help="- in front: the latest first; by finished_at: what has ended.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]
All = Annotated[bool, typer.Option("--all", help="All of them, however many.")]


def list_jobs(
    state: Annotated[str | None, typer.Option(help="In this state, or in several, with commas.")] = None,
    queue: InQueue = None,
    search: Search = None,
    tag: Tag = None,
    worker: Worker = None,
    error: Error = None,
    since: Since = None,
    until: Until = None,
    sort: InOrder = Sort.NEWEST,
    limit: Limit = 50,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first."""
    query = chosen(queue, search, tag, worker, error, since, until) | {"state": state, "sort": sort}
    print_jobs("/api/jobs", query, None if everything else limit, as_json=as_json)


def chosen(
    queue: str | None,
    search: str | None,
    tag: str | None,
    worker: str | None,
    error: str | None,
    since: str | None,
    until: str | None,
) -> dict[str, str | int | None]:
    """The options that say which jobs, as the API calls them."""
    return {
        "queue": queue,
        "q": search,
        "tag": tag,
        "worker": worker,
        "error": error,
        "since": moment(since),
        "until": moment(until),
    }


def print_jobs(path: str, query: Query, limit: int | None, *, as_json: bool) -> None:
    """Print up to `limit` jobs of a list, None: all."""
    jobs, cut = fetch(client(), path, query, limit)
    if as_json:
        print_json(jobs)
        return
    print_table(("ID", "STATE", "QUEUE", "ATTEMPTS", "AGE", "COMMAND", "ERROR"), [_row(job) for job in jobs], cut=2)
    if cut:
        note(more(jobs))


def _row(job: dict[str, Any]) -> tuple[object, ...]:
    age = ago(job["created_at"])
    return (job["id"], job["state"], job["queue"], job["attempts"], age, job["command"], why(job))
