"""Why a job failed, in one or a few lines: its error and the end of its output."""

from typing import Any

LINES = 5


def failure_reason(job: dict[str, Any]) -> str:
    """The error on one line. If the command itself failed, the last line of its output follows."""
    lines = last_lines(job, 1) if job["state"] in ("failed", "dead") else []
    return ": ".join([*([job["error"]] if job["error"] else []), *lines])


def last_lines(job: dict[str, Any], limit: int = LINES) -> list[str]:
    """The last lines of the latest attempt's output, without trailing empty lines."""
    lines = (job["output_tail"] or "").rstrip().split("\n")[-limit:]
    return [line.expandtabs().rstrip() for line in lines] if lines != [""] else []
