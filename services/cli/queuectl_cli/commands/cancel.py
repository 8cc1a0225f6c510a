"""`queuectl cancel`: stop jobs, wherever they are."""

from queuectl_cli.client import segment
from queuectl_cli.commands.wait import Ids
from queuectl_cli.context import client
from queuectl_cli.each import each
from queuectl_cli.output import note


def cancel(job_ids: Ids) -> None:
    """Stop jobs: those that wait at once, those that run as soon as their worker has stopped them."""
    api = client()

    def act(job_id: str) -> None:
        job = api.post(f"/api/jobs/{segment(job_id)}/cancel")
        note(f"{job_id} is being stopped" if job["cancelling"] else f"{job_id} is cancelled")

    each(job_ids, act)
