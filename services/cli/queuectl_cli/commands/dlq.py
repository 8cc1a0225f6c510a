"""`queuectl dlq`: the dead letter queue."""

from typing import Annotated

import typer

from queuectl_cli.client import segment
from queuectl_cli.commands.delete import Yes
from queuectl_cli.commands.list_jobs import (
    All,
    Error,
    InOrder,
    InQueue,
    Limit,
    Search,
    Since,
    Sort,
    Tag,
    Until,
    Worker,
    chosen,
    print_jobs,
)
from queuectl_cli.confirm import confirm
from queuectl_cli.context import client
from queuectl_cli.each import each
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.options import AsJson
from queuectl_cli.output import note

app = typer.Typer(help="The dead letter queue: jobs whose attempts are used up.", no_args_is_help=True)


@app.command("list")
def list_dead(
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
    """List dead jobs, newest first."""
    query = chosen(queue, search, tag, worker, error, since, until) | {"sort": sort}
    print_jobs("/api/dlq", query, None if everything else limit, as_json=as_json)


@app.command()
def retry(
    job_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID…]")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All dead jobs.")] = False,
) -> None:
    """Put dead jobs back to pending, with fresh attempts."""
    if everything == bool(job_ids):
        raise Failure("name the jobs to retry, or say --all", USAGE)
    api = client()

    def act(job_id: str) -> None:
        api.post(f"/api/dlq/{segment(job_id)}/retry")
        note(f"{job_id} is pending again")

    if everything:
        note(f"{api.post('/api/dlq/retry')['count']} jobs are pending again")
    else:
        each(job_ids or [], act)


@app.command()
def purge(yes: Yes = False) -> None:
    """Delete all dead jobs with their logs. This cannot be undone."""
    api = client()
    dead = api.get("/api/status")["jobs"]["dead"]
    confirm(f"Delete all {dead} dead jobs with logs? This cannot be undone.", yes=yes)
    note(f"{api.call('DELETE', '/api/dlq')['count']} jobs are deleted")
