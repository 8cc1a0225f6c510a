"""`queuectl wait`: wait until jobs have ended."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer

from queuectl_cli.client import Client
from queuectl_cli.context import client
from queuectl_cli.failure import REFUSED, Failure
from queuectl_cli.id_prefix import ID_OR_PREFIX
from queuectl_cli.options import parse_option
from queuectl_cli.output import note
from queuectl_cli.reconnecting import DEFAULT_RECONNECT_FOR, ReconnectFor, reconnect_with_notes
from queuectl_cli.streams import Reconnect, until_ended
from queuectl_cli.time_formats import parse_duration
from queuectl_cli.waiting_reasons import report_waiting_reasons

SHOWN = 5
"""How many unfinished jobs the message after a timeout lists."""


def wait(
    job_ids: Annotated[list[str], typer.Argument(metavar="ID…", help=ID_OR_PREFIX)],
    timeout: Annotated[str | None, typer.Option(metavar="DURATION", help="Give up after this time and exit 1.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Report why jobs do not start.")] = False,
    reconnect_for: ReconnectFor = DEFAULT_RECONNECT_FOR,
) -> None:
    """Wait until jobs have ended. Exits 1 if one did not complete, or the timeout is reached."""
    seconds = None if timeout is None else parse_option("--timeout", timeout, _positive_duration)
    waiting = set[str]()

    def timed_out() -> str:
        more = f" and {len(waiting) - SHOWN} more" if len(waiting) > SHOWN else ""
        return f"timed out after {seconds:g} s waiting for job {', '.join(sorted(waiting)[:SHOWN])}{more}"

    api = client()
    with _time_limit(seconds, timed_out), report_waiting_reasons(api, job_ids if verbose else (), prefixes=True):
        wait_for(api, job_ids, reconnect_with_notes(reconnect_for), waiting, prefixes=True)


def wait_for(
    api: Client, job_ids: list[str], reconnect: Reconnect, waiting: set[str] | None = None, *, prefixes: bool = False
) -> None:
    """Wait, report jobs that did not complete, and exit 1 if there are any. For `waiting` see until_ended."""
    failed = False
    for job_id, job in until_ended(api, job_ids, reconnect, waiting=waiting, prefixes=prefixes):
        if job is None or job["state"] != "completed":
            reason = "deleted" if job is None else f"{job['state']}: {job['error']}"
            note(f"queuectl: job {job_id} is {reason}")
            failed = True
    if failed:
        raise SystemExit(REFUSED)


def _positive_duration(text: str) -> float:
    seconds = parse_duration(text)
    if not seconds:
        raise ValueError("must be more than 0")
    return seconds


@contextmanager
def _time_limit(seconds: float | None, message: Callable[[], str]) -> Iterator[None]:
    """Raise a Failure if the block takes longer; None: no limit."""

    def end(_number: int, _frame: object) -> NoReturn:
        raise Failure(message())

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds or 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
