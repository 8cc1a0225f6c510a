"""A command as it was typed behind `--`: it becomes a job."""

from typing import Any

from queuectl_cli import directory
from queuectl_cli.client import Client
from queuectl_cli.credentials import is_of_up
from queuectl_cli.output import note
from queuectl_cli.words import command_of


def enqueue(api: Client, words: list[str], fields: dict[str, Any]) -> Any:
    """Enqueue the words as a job with those fields; the job that the API answers. Raises Failure.

    It starts in the current directory unless the fields name another one, or the system is not that of this machine.
    """
    job = fields | {"command": command_of(words)}
    if "cwd" in fields or not is_of_up(api.credentials.url):
        return api.post("/api/jobs", job)
    answer = api.post("/api/jobs", job | {"cwd": directory.current()}, {"optional_cwd": "true"})
    if answer["cwd"] is None:
        note(f"the command does not start in the current directory: {_reason(answer)}")
    return answer


def _reason(job: dict[str, Any]) -> str:
    if job["sandbox"]:
        return "it runs in a sandbox"
    return f"queue '{job['queue']}' takes only commands that an admin has listed, and those without cwd"
