"""`queuectl show`: everything about one job."""

from typing import Annotated, Any

import typer

from queuectl_cli.client import segment
from queuectl_cli.context import client
from queuectl_cli.output import AsJson, ago, print_json, print_table, say

JobId = Annotated[str, typer.Argument(metavar="ID")]


def show(job_id: JobId, as_json: AsJson = False) -> None:
    """Show one job with all its attempts."""
    job = client().get(f"/api/jobs/{segment(job_id)}")
    if as_json:
        print_json(job)
        return
    for name, value in job.items():
        if name != "history" and value is not False and value not in (None, [], {}):
            say(f"{name.replace('_', ' '):<14}{_shown(name, value)}")
    if job["history"]:
        say("")
        print_table(
            ("ATTEMPT", "STATE", "WORKER", "STARTED", "SECONDS", "OUTPUT", "ERROR"),
            [_row(attempt) for attempt in job["history"]],
        )


def _shown(name: str, value: Any) -> str:
    if name.endswith("_at"):
        when = ago(value)
        return f"{value} ({when if when.startswith('in ') else when + ' ago'})"
    if isinstance(value, dict):
        return " ".join(f"{key}={text}" for key, text in value.items())
    return ", ".join(value) if isinstance(value, list) else f"{value:.15g}" if isinstance(value, float) else str(value)


def _row(attempt: dict[str, Any]) -> tuple[object, ...]:
    from datetime import datetime

    seconds = ""
    if attempt["ended_at"]:
        took = datetime.fromisoformat(attempt["ended_at"]) - datetime.fromisoformat(attempt["started_at"])
        seconds = f"{took.total_seconds():.3f}"
    size = attempt["output_bytes"]
    return (
        attempt["number"],
        attempt["state"],
        attempt["worker"],
        attempt["started_at"],
        seconds,
        "" if size is None else f"{size} B",
        attempt["error"] or "",
    )
