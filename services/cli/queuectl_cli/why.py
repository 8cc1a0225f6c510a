"""Why a job failed, as far as it can be told in a line or a few: its error, and the end of what it printed."""

from typing import Any

LINES = 5


def why(job: dict[str, Any]) -> str:
    """The error on one line, with the last line of the output behind it where the command itself has failed."""
    lines = last_lines(job, 1) if job["state"] in ("failed", "dead") else []
    return ": ".join([*([job["error"]] if job["error"] else []), *lines])


def last_lines(job: dict[str, Any], most: int = LINES) -> list[str]:
    """The last lines that the latest attempt has printed, without empty ones at the end."""
    lines = (job["output_tail"] or "").rstrip().split("\n")[-most:]
    return [line.expandtabs().rstrip() for line in lines] if lines != [""] else []
