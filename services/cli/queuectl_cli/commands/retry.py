"""`queuectl retry`: run jobs again."""

from queuectl_cli.client import segment
from queuectl_cli.commands.wait import Ids
from queuectl_cli.context import client
from queuectl_cli.each import each
from queuectl_cli.output import note


def retry(job_ids: Ids) -> None:
    """Put dead, cancelled or failed jobs back to pending, with fresh attempts."""
    api = client()

    def act(job_id: str) -> None:
        api.post(f"/api/jobs/{segment(job_id)}/retry")
        note(f"{job_id} is pending again")

    each(job_ids, act)
