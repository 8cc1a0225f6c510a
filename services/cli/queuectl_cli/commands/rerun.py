"""`queuectl rerun`: enqueue copies of jobs, in any state."""

from typing import Annotated

import typer

from queuectl_cli.client import segment
from queuectl_cli.context import client
from queuectl_cli.for_each_id import for_each_id
from queuectl_cli.options import OutputFormat, OutputOption
from queuectl_cli.output import print_json, printing_ids, say


def rerun(
    job_ids: Annotated[list[str], typer.Argument(metavar="ID…")], output: OutputOption = OutputFormat.TABLE
) -> None:
    """Enqueue a copy of each job to run now, and print the new ids.

    A copy has the same command, queue, priority, variables, directory, tags and limits, but a new id and no start time.
    The original job does not change.
    """
    api = client()

    def act(job_id: str) -> None:
        job = api.post(f"/api/jobs/{segment(job_id)}/rerun")
        with printing_ids([job["id"]]):
            if output is OutputFormat.JSON:
                print_json(job)
            else:
                say(job["id"])

    for_each_id(job_ids, act)
