"""`queuectl retry`: retry jobs that did not complete."""

from typing import Annotated

import typer

from queuectl_cli import bulk
from queuectl_cli.client import segment
from queuectl_cli.context import client
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.for_each_id import for_each_id
from queuectl_cli.options import Yes
from queuectl_cli.output import note


def retry(
    job_ids: bulk.Ids = None,
    everything: Annotated[bool, typer.Option("--all", "-a", help="All dead jobs.")] = False,
    yes: Yes = False,
) -> None:
    """Retry dead, cancelled or failed jobs, with fresh attempts.

    --all asks for confirmation. To run a completed job again, use 'queuectl rerun'.
    """
    if everything == bool(job_ids):
        raise Failure("name the jobs to retry, or use --all", USAGE)
    api = client()

    def act(job_id: str) -> None:
        api.post(f"/api/jobs/{segment(job_id)}/retry")
        note(f"{job_id} is pending again")

    if job_ids:
        for_each_id(job_ids, act)
    else:
        bulk.run(api, "retry", {"state": "dead"}, "Retry all dead jobs ({})?", "{} pending again", yes=yes)
