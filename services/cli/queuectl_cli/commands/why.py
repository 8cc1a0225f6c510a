"""`queuectl why`: explain why a job does not start, or why it failed."""

from typing import Annotated, Any

import typer

from queuectl_cli.context import client
from queuectl_cli.failure_reason import last_lines
from queuectl_cli.id_prefix import ID_OR_PREFIX, job_by_id_or_prefix
from queuectl_cli.options import OutputFormatNoIds, OutputOptionNoIds
from queuectl_cli.output import age, print_json, say


def why(
    job_id: Annotated[str, typer.Argument(metavar="ID", help=ID_OR_PREFIX)],
    output: OutputOptionNoIds = OutputFormatNoIds.TABLE,
) -> None:
    """Explain why a job does not start, or why it failed.

    --json prints its state, its error, the end of its output, and what it is waiting for.
    """
    job = job_by_id_or_prefix(client(), job_id)
    if output is OutputFormatNoIds.JSON:
        print_json({name: job.get(name) for name in ("id", "state", "error", "output_tail", "waiting_for")})
        return
    say(f"{job['state']}: {_reason(job)}")
    if job["state"] in ("failed", "dead"):
        for line in last_lines(job):
            say(f"  {line}")


def _reason(job: dict[str, Any]) -> str:
    waiting = job.get("waiting_for")  # older APIs do not send it
    reasons = [job["error"]] if job["error"] else []
    if waiting:
        reasons.append(waiting["detail"])
    elif job["state"] in ("pending", "failed"):
        reasons.append("ready to start: a worker will take it shortly")
    elif job["state"] == "processing":
        reasons.append(f"running for {age(job['started_at'])} on {job['worker']}")
    elif job["state"] == "completed":
        reasons.append(f"ended {age(job['finished_at'])} ago")
    return "; ".join(reasons)
