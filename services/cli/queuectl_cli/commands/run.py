"""`queuectl run`: run a command on the queue as if it ran here."""

import sys
from typing import Annotated, Any, NoReturn

import typer

from queuectl_cli import stdin
from queuectl_cli.client import Client, NotFound, segment
from queuectl_cli.context import client, invocation
from queuectl_cli.enqueue_command import enqueue_command
from queuectl_cli.failure import ID_NOT_PRINTED, INTERRUPTED, REFUSED, USAGE, Failure
from queuectl_cli.job_options import JobOptions, with_job_options
from queuectl_cli.options import IdempotencyKey, parse_idempotency_key
from queuectl_cli.output import Unwritable, copy_bytes, note, printable, printing_ids, say
from queuectl_cli.reconnecting import DEFAULT_RECONNECT_FOR, ReconnectFor, reconnect_with_notes
from queuectl_cli.streams import FIRST, Reconnect, output, until_ended
from queuectl_cli.unique_keys import note_existing
from queuectl_cli.waiting_reasons import report_waiting_reasons


@with_job_options(max_retries=0)
def run(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="COMMAND …", help="A command as words, or as one shell command line.")
    ] = None,
    *,
    job: JobOptions,
    idempotency_key: IdempotencyKey = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Print the job's id and return.")] = False,
    reconnect_for: ReconnectFor = DEFAULT_RECONNECT_FOR,
) -> None:
    """Run a command on the queue as if it ran here.

    Follows the output and exits with the command's own status (128+N after signal N).

    queuectl run make test

    queuectl run --queue media 'ls *.mov | wc -l'

    The job is not retried unless --max-retries is given. With --idempotency-key, repeating the call follows
    the same job.

    The command's standard input is empty. queuectl's options go before the command: all words after its first one
    belong to it. After --, even a single word is quoted for the shell.

    With 'queuectl up' on this machine, the command starts in the current directory, unless --cwd is given, its queue
    has an allow-list, or it runs in a sandbox. With any other system, the worker chooses the directory.
    """
    if invocation.command is None:
        raise Failure("nothing to run: give a COMMAND", USAGE)
    key = parse_idempotency_key(idempotency_key)
    api = client()
    options = job.to_json(api)
    reconnect = reconnect_with_notes(reconnect_for)
    answer = enqueue_command(api, invocation.command, options, key)
    job_id = answer["id"]
    note_existing(answer)
    if stdin.has_input():
        note("queuectl: standard input is not passed to the command (add </dev/null to silence this)")
    if detach:
        with printing_ids([job_id]):
            say(job_id)
        return
    reconnect.connected()
    try:
        _follow(api, job_id, reconnect)
    except Unwritable as fault:
        message = f"job {job_id} is enqueued, but its output cannot be written: {fault.reason}"
        raise Failure(message, ID_NOT_PRINTED) from fault
    except KeyboardInterrupt:
        _offer_to_cancel(api, job_id)


def _follow(api: Client, job_id: str, reconnect: Reconnect) -> NoReturn:
    with report_waiting_reasons(api, [job_id]):
        for chunk in output(api, job_id, reconnect, begin=FIRST):
            copy_bytes(chunk, sys.stdout.buffer)
        job = _wait(api, job_id, reconnect)
    if job is None:
        raise Failure(f"job {job_id} was deleted before it ended")
    _exit_as(job)


def _wait(api: Client, job_id: str, reconnect: Reconnect) -> dict[str, Any] | None:
    try:
        [(_, job)] = until_ended(api, [job_id], reconnect)
    except NotFound:
        return None
    return job


def _exit_as(job: dict[str, Any]) -> NoReturn:
    code = job["exit_code"]
    if job["state"] == "completed":
        sys.exit(0)
    if job["error"] != f"exit status {code}":
        note(f"queuectl: job {job['id']}: {job['error']}")
    sys.exit(code or REFUSED)


def _offer_to_cancel(api: Client, job_id: str) -> NoReturn:
    """After Ctrl-C, ask whether to cancel the job. A second Ctrl-C leaves it running."""
    note("")
    try:
        if sys.stdin.isatty() and typer.confirm(printable(f"Cancel job {job_id}?"), err=True):
            api.post(f"/api/jobs/{segment(job_id)}/cancel")
            list(until_ended(api, [job_id], Reconnect()))
            note(f"job {job_id} is cancelled")
            sys.exit(INTERRUPTED)
    except (KeyboardInterrupt, typer.Abort):
        note("")
    note(f"job {job_id} is not cancelled: see 'queuectl logs --follow {job_id}', 'queuectl cancel {job_id}'")
    sys.exit(INTERRUPTED)
