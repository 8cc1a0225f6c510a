"""`queuectl dlq`: the dead letter queue."""

from typing import Annotated

import typer

from queuectl_cli.bulk import count_jobs
from queuectl_cli.client import segment
from queuectl_cli.commands.list_jobs import (
    AT_OR_AFTER,
    All,
    Error,
    InQueue,
    Limit,
    Search,
    Sort,
    Tag,
    Worker,
    filters,
    print_job_list,
    time_filters,
)
from queuectl_cli.confirm import confirm
from queuectl_cli.context import client
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.for_each_id import for_each_id
from queuectl_cli.options import OutputFormat, OutputOption, Yes
from queuectl_cli.output import note

app = typer.Typer(help="The dead letter queue: list, retry and delete dead jobs.", no_args_is_help=True)


@app.command("list")
def list_dead(
    queue: InQueue = None,
    search: Search = None,
    tag: Tag = None,
    worker: Worker = None,
    error: Error = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=f"Died {AT_OR_AFTER}")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Died before this time.")] = None,
    enqueued_since: Annotated[str | None, typer.Option(metavar="TIME", help=f"Enqueued {AT_OR_AFTER}")] = None,
    enqueued_until: Annotated[str | None, typer.Option(metavar="TIME", help="Enqueued before this time.")] = None,
    sort: Annotated[
        Sort, typer.Option(help="Sort order; a leading - sorts newest first. finished_at is the time of death.")
    ] = Sort.ENDED_LAST,
    limit: Limit = 50,
    everything: All = False,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """List dead jobs, most recently died first."""
    query = filters(queue, search, tag, worker, error) | time_filters(
        since=since, until=until, enqueued_since=enqueued_since, enqueued_until=enqueued_until
    )
    query |= {"sort": sort}
    print_job_list("/api/dlq", query, None if everything else limit, output, age_column=("DIED", "finished_at"))


@app.command()
def retry(
    job_ids: Annotated[list[str] | None, typer.Argument(metavar="ID…")] = None,
    everything: Annotated[bool, typer.Option("--all", "-a", help="All dead jobs.")] = False,
) -> None:
    """Retry dead jobs, with fresh attempts."""
    if everything == bool(job_ids):
        raise Failure("name the jobs to retry, or use --all", USAGE)
    api = client()

    def act(job_id: str) -> None:
        api.post(f"/api/dlq/{segment(job_id)}/retry")
        note(f"{job_id} is pending again")

    if everything:
        note(f"{count_jobs(api.post('/api/dlq/retry')['count'])} pending again")
    else:
        for_each_id(job_ids or [], act)


@app.command()
def purge(yes: Yes = False) -> None:
    """Delete all dead jobs with their logs. This cannot be undone."""
    api = client()
    dead = api.get("/api/status")["jobs"]["dead"]
    confirm(f"Delete all dead jobs ({dead}) with logs? This cannot be undone.", yes=yes)
    note(f"{count_jobs(api.call('DELETE', '/api/dlq')['count'])} deleted")
