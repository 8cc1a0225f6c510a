"""`queuectl show`: everything about one job."""

from typing import Annotated, Any

import typer

from queuectl_cli.client import segment
from queuectl_cli.context import client
from queuectl_cli.options import AsJson
from queuectl_cli.output import ago, print_json, print_table, say
from queuectl_cli.why import last_lines

JobId = Annotated[str, typer.Argument(metavar="ID")]


def show(job_id: JobId, as_json: AsJson = False) -> None:
    """Show one job with all its attempts."""
    job = client().get(f"/api/jobs/{segment(job_id)}")
    if as_json:
        print_json(job)
        return
    for name, value in (job | {"limits": _limits(job["limits"])}).items():
        if name not in TOLD_APART and value is not False and value not in (None, [], {}):
            _tell(name.replace("_", " "), _shown(name, value))
        if name == "error" and job["state"] in ("failed", "dead", "cancelled"):
            _tell("last output", *last_lines(job))
    for attempt in job["history"]:
        if attempt["note"]:
            _tell("note", f"attempt {attempt['number']}: {attempt['note']}")
    if job["history"]:
        say("")
        print_table(
            ("ATTEMPT", "STATE", "WORKER", "STARTED", "WAIT", "RUN", "CPU", "MEMORY", "OUTPUT", "ERROR"),
            [_row(attempt) for attempt in job["history"]],
        )


TOLD_APART = ("history", "output_tail")


def _tell(name: str, *lines: str) -> None:
    """What has that name, in one line or several; nothing where there is none."""
    for number, line in enumerate(lines):
        say(f"{'' if number else name:<14}{line}")


def _limits(limits: dict[str, Any]) -> list[str]:
    """Those that there are, in the words in which they are set."""
    return [f"{name}={_bytes(limit) if name in SIZES else f'{limit:.15g}'}" for name, limit in limits.items() if limit]


def _bytes(size: int) -> str:
    """In the largest unit that leaves nothing over, as --limit takes it."""
    for power, unit in enumerate("TGMk"):
        whole, rest = divmod(size, 1 << 10 * (4 - power))
        if whole and not rest:
            return f"{whole}{unit}"
    return str(size)


SIZES = ("memory", "file_size")


def _shown(name: str, value: Any) -> str:
    if name.endswith("_at"):
        when = ago(value)
        return f"{value} ({when if when.startswith('in ') else when + ' ago'})"
    if name == "usage":
        cpu, memory, count = _seconds(value["cpu_seconds"]), _megabytes(value["memory_bytes"]), value["processes"]
        return f"{value['cpu']:.2f} cores, {cpu} of CPU, {memory}, {count} process{'es' if count > 1 else ''}"
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
