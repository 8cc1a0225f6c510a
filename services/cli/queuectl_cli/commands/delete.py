"""`queuectl delete`: delete jobs for good."""

from typing import Annotated

import typer

from queuectl_cli import bulk
from queuectl_cli.client import segment
from queuectl_cli.commands.list_jobs import InQueue, InState, Tag
from queuectl_cli.confirm import confirm
from queuectl_cli.context import client
from queuectl_cli.for_each_id import for_each_id
from queuectl_cli.options import Yes
from queuectl_cli.output import note

QUESTION = "Delete {} with logs? This cannot be undone."


def delete(
    job_ids: bulk.Ids = None,
    queue: InQueue = None,
    tag: Tag = None,
    state: InState = None,
    everything: Annotated[bool, typer.Option("--all", "-a", help="All jobs.")] = False,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="Also stop and delete running jobs.")] = False,
) -> None:
    """Delete jobs with their history and logs. This cannot be undone.

    Running jobs are not deleted unless --force is given.

    queuectl delete --state completed,cancelled --tag nightly
    """
    filters = {"queue": queue, "tag": tag, "state": state}
    bulk.check_selection(job_ids, filters, everything=everything)
    api = client()

    def act(job_id: str) -> None:
        api.call("DELETE", f"/api/jobs/{segment(job_id)}", {"force": "true" if force else None})
        note(f"{job_id} is deleted")

    if job_ids:
        confirm(QUESTION.format(bulk.count_jobs(len(job_ids))), yes=yes)
        for_each_id(job_ids, act)
    else:
        bulk.run(api, "delete", filters, QUESTION, "{} deleted", yes=yes, force=force)
