"""`queuectl show`: show everything about jobs."""

from typing import Annotated, Any

import typer

from queuectl_cli.context import client
from queuectl_cli.failure_reason import last_lines
from queuectl_cli.for_each_id import show_each
from queuectl_cli.id_prefix import ID_OR_PREFIX, job_by_id_or_prefix
from queuectl_cli.locks import format_lock
from queuectl_cli.options import OutputFormat, OutputOption
from queuectl_cli.output import age, print_table, say, say_field
from queuectl_cli.resource_limits import format_limits


def show(
    job_ids: Annotated[list[str], typer.Argument(metavar="ID…", help=ID_OR_PREFIX)],
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Show jobs with all their attempts. --json prints one object per job."""
    api = client()
    show_each(job_ids, output, "id", lambda job_id: job_by_id_or_prefix(api, job_id), lambda _, job: _print(job))


def _print(job: dict[str, Any]) -> None:
    texts = {"limits": format_limits(job["limits"]), "lock": job["lock"] and format_lock(job["lock"])}
    for name, value in (job | texts).items():
        if name not in PRINTED_SEPARATELY and value is not False and value not in (None, [], {}):
            say_field(name.replace("_", " "), _format(name, value))
        if name == "error" and job["state"] in ("failed", "dead", "cancelled"):
            say_field("last output", *last_lines(job))
    for attempt in job["history"]:
        if attempt["note"]:
            say_field("note", f"attempt {attempt['number']}: {attempt['note']}")
    if job["history"]:
        say("")
        print_table(
            ("ATTEMPT", "STATE", "WORKER", "STARTED", "WAIT", "RUN", "CPU", "MEMORY", "OUTPUT", "ERROR"),
            [_row(attempt) for attempt in job["history"]],
        )


PRINTED_SEPARATELY = ("history", "output_tail")


def _format(name: str, value: Any) -> str:
    if name.endswith("_at"):
        when = age(value)
        return f"{value} ({when if when.startswith('in ') else when + ' ago'})"
    if name == "usage":
        cpu, memory, count = _seconds(value["cpu_seconds"]), _megabytes(value["memory_bytes"]), value["processes"]
        return f"{value['cpu']:.2f} cores, {cpu} of CPU, {memory}, {count} process{'es' if count > 1 else ''}"
    if name == "waiting_for":
        return str(value["detail"])
    if isinstance(value, dict):
        return " ".join(f"{key}={text}" for key, text in value.items())
    return ", ".join(value) if isinstance(value, list) else f"{value:.15g}" if isinstance(value, float) else str(value)


def _row(attempt: dict[str, Any]) -> tuple[object, ...]:
    size = attempt["output_bytes"]
    return (
        attempt["number"],
        attempt["state"],
        attempt["worker"],
        attempt["started_at"],
        _between(attempt["due_at"], attempt["started_at"]),
        _between(attempt["started_at"], attempt["ended_at"]),
        _seconds(attempt["cpu_seconds"]),
        _megabytes(attempt["memory_bytes"]),
        "" if size is None else f"{size} B",
        attempt["error"] or "",
    )


def _between(since: str | None, until: str | None) -> str:
    from datetime import datetime

    if since is None or until is None:
        return ""
    return _seconds((datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds())


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3f} s"


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:.1f} MB"
