"""`queuectl run`: as if the command ran here."""

import sys
from typing import Annotated, Any, NoReturn

import typer

from queuectl_cli import typed
from queuectl_cli.client import Client, segment
from queuectl_cli.commands import new_job
from queuectl_cli.commands.logs import copy_log
from queuectl_cli.commands.wait import until_ended
from queuectl_cli.context import client, given
from queuectl_cli.failure import INTERRUPTED, REFUSED, USAGE, Failure
from queuectl_cli.output import note, plain


def run(
    words: Annotated[list[str] | None, typer.Argument(metavar="-- COMMAND …")] = None,
    id: new_job.Id = None,
    queue: new_job.Queue = None,
    priority: new_job.Priority = None,
    delay: new_job.Delay = None,
    at: new_job.At = None,
    max_retries: new_job.MaxRetries = 0,
    backoff_base: new_job.BackoffBase = None,
    timeout: new_job.Timeout = None,
    env: new_job.Env = None,
    cwd: new_job.Cwd = None,
    tag: new_job.Tag = None,
    limit: new_job.Limit = None,
    sandbox: new_job.Sandbox = None,
) -> None:
    """Enqueue a command, follow its output, and exit with its own status (128+N after signal N).

    It is not retried unless --max-retries says so.

    With 'queuectl up' on this machine it starts in the current directory, unless --cwd names another one, its queue has
    a list of commands, or it runs in a sandbox. With any other system the worker decides.
    """
    command = [*(words or []), *given.words]
    if not command:
        raise Failure("what is to be run? queuectl run -- COMMAND", USAGE)
    api = client()
    options = new_job.fields(
        api, id=id, queue=queue, priority=priority, delay=delay, at=at, max_retries=max_retries,
        backoff_base=backoff_base, timeout=timeout, env=env, cwd=cwd, tag=tag, limit=limit, sandbox=sandbox,
    )  # fmt: skip
    job_id = typed.enqueue(api, command, options)["id"]
    try:
        _follow(api, job_id)
    except KeyboardInterrupt:
        _interrupted(api, job_id)


def _follow(api: Client, job_id: str) -> NoReturn:
    copy_log(api, job_id, follow=True)
    _exit_as(until_ended(api, [job_id])[job_id])


def _exit_as(job: dict[str, Any] | None) -> NoReturn:
    if job is None:
        raise Failure("the job was deleted while it ran")
    code = job["exit_code"]
    if job["state"] == "completed":
        sys.exit(0)
    if job["error"] != f"exit status {code}":
        note(f"queuectl: job {job['id']}: {job['error']}")
    if code is None or (code == 0):
        sys.exit(REFUSED)
    sys.exit(code if code > 0 else 128 - code)


def _interrupted(api: Client, job_id: str) -> NoReturn:
    """Ctrl-C offers to cancel; a second one leaves the job alone."""
    note("")
    try:
        if sys.stdin.isatty() and typer.confirm(plain(f"Cancel job {job_id}?"), err=True):
            api.post(f"/api/jobs/{segment(job_id)}/cancel")
            until_ended(api, [job_id])
            note(f"job {job_id} is cancelled")
            sys.exit(INTERRUPTED)
    except (KeyboardInterrupt, typer.Abort):
        note("")
    note(f"job {job_id} runs on: queuectl logs --follow {job_id}, queuectl cancel {job_id}")
    sys.exit(INTERRUPTED)
