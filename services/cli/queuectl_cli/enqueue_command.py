"""Enqueue a command that was typed as words, in the current directory if possible."""

from typing import Any

from queuectl_cli import working_directory
from queuectl_cli.client import Client
from queuectl_cli.credentials import is_local_up
from queuectl_cli.output import note
from queuectl_cli.unique_keys import require_key


def enqueue_command(api: Client, command: str, fields: dict[str, Any], key: str | None = None) -> Any:
    """Enqueue the command as a job with these fields; returns the job. Raises Failure.

    With `queuectl up` on this machine, the job starts in the current directory unless `fields` has a `cwd`.
    """
    require_key(fields, fields)
    job = fields | {"command": command}
    if "cwd" in fields or not is_local_up(api.credentials.url):
        return api.post("/api/jobs", job, key=key)
    answer = api.post("/api/jobs", job | {"cwd": working_directory.current()}, {"optional_cwd": "true"}, key)
    if answer["cwd"] is None and not answer.get("existing"):
        note_not_here(answer)
    return answer


def note_not_here(job: dict[str, Any]) -> None:
    """Tell the user why the command of this job does not start in the current directory."""
    listed = f"queue '{job['queue']}' has an allow-list, so its commands run without cwd"
    reason = "it runs in a sandbox" if job["sandbox"] else listed
    note(f"the command does not start in the current directory: {reason}")
