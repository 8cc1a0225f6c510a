"""`queuectl cancel`: cancel jobs that have not ended."""

from typing import Annotated

import typer

from queuectl_cli import bulk
from queuectl_cli.client import segment
from queuectl_cli.commands.list_jobs import InQueue, InState, Tag
from queuectl_cli.context import client
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.for_each_id import for_each_id
from queuectl_cli.options import Yes
from queuectl_cli.output import note
from queuectl_cli.states import ENDED, NOT_ENDED


def cancel(
    job_ids: bulk.Ids = None,
    queue: InQueue = None,
    tag: Tag = None,
    state: InState = None,
    everything: Annotated[bool, typer.Option("--all", "-a", help="All jobs that have not ended.")] = False,
    yes: Yes = False,
) -> None:
    """Cancel jobs that have not ended.

    A running job counts as cancelled once its worker has stopped the command.

    Filters and --all ask for confirmation; ids do not.

    queuectl cancel --queue media --state pending
    """
    bulk.check_selection(job_ids, {"queue": queue, "tag": tag, "state": state}, everything=everything)
    api = client()

    def act(job_id: str) -> None:
        job = api.post(f"/api/jobs/{segment(job_id)}/cancel")
        note(f"{job_id} is being stopped" if job["cancelling"] else f"{job_id} is cancelled")

    if job_ids:
        for_each_id(job_ids, act)
        return
    filters = {"queue": queue, "tag": tag, "state": ",".join(NOT_ENDED) if state is None else _not_ended(state)}
    bulk.run(api, "cancel", filters, "Cancel {}?", "{} cancelled or being stopped", yes=yes)


def _not_ended(state: str) -> str:
    for name in state.split(","):
        if name in ENDED:
            raise Failure(f"--state {state!r}: {name} jobs have ended and cannot be cancelled", USAGE)
    return state
