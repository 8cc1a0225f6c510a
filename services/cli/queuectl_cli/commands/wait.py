"""`queuectl wait`: until jobs have ended."""

from typing import Annotated, Any

import typer

from queuectl_cli.client import Client, segment
from queuectl_cli.context import client
from queuectl_cli.events import CONNECTED, changes
from queuectl_cli.failure import REFUSED, Failure
from queuectl_cli.output import note

ENDED = ("completed", "dead", "cancelled")

Ids = Annotated[list[str], typer.Argument(metavar="ID…")]


def wait(job_ids: Ids) -> None:
    """Wait until jobs have ended; exit 1 where one of them did not complete."""
    wait_for(client(), job_ids)


def wait_for(api: Client, job_ids: list[str]) -> None:
    """Wait, report what did not complete, and exit 1 then."""
    failed = False
    for job_id, job in until_ended(api, job_ids).items():
        if job is None or job["state"] != "completed":
            reason = "deleted" if job is None else f"{job['state']}: {job['error']}"
            note(f"queuectl: job {job_id} is {reason}")
            failed = True
    if failed:
        raise SystemExit(REFUSED)


def until_ended(api: Client, job_ids: list[str]) -> dict[str, dict[str, Any] | None]:
    """The jobs once they have ended, by id; None for one that was deleted meanwhile. All must exist at first."""
    ended: dict[str, dict[str, Any] | None] = {}
    waiting = set(job_ids)
    known = False
    for event, data in changes(api):
        if event in (CONNECTED, "reset"):
            to_look_at = set(waiting)
        elif event == "jobs":
            to_look_at = {change["id"] for change in data if change["state"] in (*ENDED, "deleted")} & waiting
        else:
            continue
        for job_id in to_look_at:
            try:
                job = api.get(f"/api/jobs/{segment(job_id)}")
            except Failure as failure:
                if not known or failure.status != REFUSED:
                    raise
                job = None
            if job is None or job["state"] in ENDED:
                ended[job_id] = job
                waiting.discard(job_id)
        known = True
        if not waiting:
            break
    return {job_id: ended[job_id] for job_id in job_ids}
