"""`queuectl list`: the jobs, newest first."""

from typing import Annotated, Any

import typer

from queuectl_cli.client import Query
from queuectl_cli.context import client
from queuectl_cli.output import AsJson, ago, note, print_json, print_table

MOST_A_PAGE = 500

Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]
Search = Annotated[str | None, typer.Option(help="With this text in the command or the id.")]
Tag = Annotated[str | None, typer.Option(help="With this tag.")]
InQueue = Annotated[str | None, typer.Option("--queue", help="In this queue.")]
All = Annotated[bool, typer.Option("--all", help="All of them, however many.")]


def list_jobs(
    state: Annotated[str | None, typer.Option(help="In this state, or in several, with commas.")] = None,
    queue: InQueue = None,
    search: Search = None,
    tag: Tag = None,
    limit: Limit = 50,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first."""
    query: Query = {"state": state, "queue": queue, "q": search, "tag": tag}
    print_jobs("/api/jobs", query, None if everything else limit, as_json=as_json)


def print_jobs(path: str, query: Query, limit: int | None, *, as_json: bool) -> None:
    """Print up to `limit` jobs of a list, None: all."""
    jobs, more = _fetch(path, query, limit)
    if as_json:
        print_json(jobs)
        return
    print_table(
        ("ID", "STATE", "QUEUE", "ATTEMPTS", "AGE", "COMMAND"),
        [
            (job["id"], job["state"], job["queue"], job["attempts"], ago(job["created_at"]), job["command"])
            for job in jobs
        ],
    )
    if more:
        note(f"there are more: --limit, or --all (these are the newest {len(jobs)})")


def _fetch(path: str, query: Query, limit: int | None) -> tuple[list[dict[str, Any]], bool]:
    api = client()
    jobs: list[dict[str, Any]] = []
    cursor = None
    while limit is None or len(jobs) < limit:
        wanted = MOST_A_PAGE if limit is None else min(limit - len(jobs), MOST_A_PAGE)
        page = api.get(path, {**query, "limit": wanted, "cursor": cursor})
        jobs += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    return jobs, cursor is not None
