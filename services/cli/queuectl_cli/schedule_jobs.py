"""The job of a schedule, from what was typed: words, JSON and options."""

from typing import Any

from queuectl_cli import working_directory
from queuectl_cli.argv import is_json_or_file, shell_line
from queuectl_cli.client import Client
from queuectl_cli.context import invocation
from queuectl_cli.credentials import is_local_up
from queuectl_cli.enqueue_command import note_not_here
from queuectl_cli.failure import REFUSED, USAGE, Failure
from queuectl_cli.job_options import JobOptions
from queuectl_cli.json_jobs import object_of

WORDS = "COMMAND | JSON | -- COMMAND …"


def typed_job(api: Client, words: list[str], options: JobOptions) -> dict[str, Any]:
    """The fields of the job that were given; options override JSON. Raises Failure."""
    return _from_words(words) | options.to_json(api)


def is_json(words: list[str]) -> bool:
    """Whether the job was given as JSON, not as a command."""
    return bool(words) and is_json_or_file(words[0])


def create_here(api: Client, schedule: dict[str, Any]) -> Any:
    """Create the schedule of a command that was typed; returns it. Raises Failure.

    With `queuectl up` on this machine, it starts in the current directory, as with `enqueue`, unless it cannot.
    """
    job = schedule["job"]
    if "cwd" in job or not is_local_up(api.credentials.url):
        return api.post("/api/schedules", schedule)
    if not job.get("sandbox"):
        try:
            return api.post("/api/schedules", schedule | {"job": job | {"cwd": working_directory.current()}})
        except Failure as failure:
            if failure.status != REFUSED:
                raise
    created = api.post("/api/schedules", schedule)
    note_not_here(created["job"])
    return created


def _from_words(words: list[str]) -> dict[str, Any]:
    if invocation.command is not None:
        if words:
            raise Failure(f"{words[0]!r} precedes --: give a job either as JSON or as a command", USAGE)
        return {"command": invocation.command}
    match words:
        case []:
            return {}
        case [word] if word == "-" or word.startswith("@"):
            raise Failure(f"{word!r}: give a job as JSON, or a COMMAND; put -- before a command like this", USAGE)
        case [word] if is_json_or_file(word):
            return object_of(word, "the argument")
        case [_]:
            return {"command": shell_line(words)}
    raise Failure(f"put -- before a command of several words: -- {shell_line(words)}", USAGE)
