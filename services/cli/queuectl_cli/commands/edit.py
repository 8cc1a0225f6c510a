"""`queuectl edit`: change a job that has not started."""

from typing import Annotated

import typer

from queuectl_cli.client import segment
from queuectl_cli.context import client, invocation
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.job_options import JobOptions, with_job_options
from queuectl_cli.output import note


@with_job_options(without=["id", "unique", "unique_for", "on_conflict"])
def edit(job_id: Annotated[str, typer.Argument(metavar="ID [-- COMMAND …]")], *, job: JobOptions) -> None:
    """Change a job that has not started.

    Only the given fields change. Tags, variables and limits are replaced as a whole.

    queuectl edit job1 --priority 5 -- ffmpeg -i in.mov out.webm
    """
    api = client()
    changes = job.to_json(api)
    if invocation.command is not None:
        changes["command"] = invocation.command
    if not changes:
        raise Failure("nothing to change: give an option, or a command after --", USAGE)
    api.call("PATCH", f"/api/jobs/{segment(job_id)}", None, changes)
    note(f"{job_id} is changed")
