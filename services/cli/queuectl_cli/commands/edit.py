"""`queuectl edit`: change a job that waits."""

from typing import Annotated

import typer

from queuectl_cli.client import segment
from queuectl_cli.commands import new_job
from queuectl_cli.context import client, given
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.output import note
from queuectl_cli.words import command_of


def edit(
    job_id: Annotated[str, typer.Argument(metavar="ID [-- COMMAND …]")],
    queue: new_job.Queue = None,
    priority: new_job.Priority = None,
    delay: new_job.Delay = None,
    at: new_job.At = None,
    max_retries: new_job.MaxRetries = None,
    backoff_base: new_job.BackoffBase = None,
    timeout: new_job.Timeout = None,
    env: new_job.Env = None,
    cwd: new_job.Cwd = None,
    tag: new_job.Tag = None,
    limit: new_job.Limit = None,
    sandbox: new_job.Sandbox = None,
) -> None:
    """Change a job that waits: what is given, the rest stays. Tags, variables, limits replace all there were.

    queuectl edit job1 --priority 5 -- ffmpeg -i in.mov out.webm
    """
    api = client()
    change = new_job.fields(
        api, queue=queue, priority=priority, delay=delay, at=at, max_retries=max_retries,
        backoff_base=backoff_base, timeout=timeout, env=env, cwd=cwd, tag=tag, limit=limit, sandbox=sandbox,
    )  # fmt: skip
    if given.words:
        change["command"] = command_of(given.words)
    if not change:
        raise Failure("what is to be changed? Name it by an option, or give a command behind --", USAGE)
    api.call("PATCH", f"/api/jobs/{segment(job_id)}", None, change)
    note(f"{job_id} is changed")
