"""`queuectl delete`: remove jobs for good."""

from typing import Annotated

import typer

from queuectl_cli.client import segment
from queuectl_cli.commands.wait import Ids
from queuectl_cli.confirm import confirm
from queuectl_cli.context import client
from queuectl_cli.each import each
from queuectl_cli.output import note

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def delete(
    job_ids: Ids,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="Also those that run: they are stopped.")] = False,
) -> None:
    """Delete jobs with their history and logs. This cannot be undone."""
    confirm(f"Delete {len(job_ids)} job{'s' * (len(job_ids) != 1)} with logs? This cannot be undone.", yes=yes)
    api = client()

    def act(job_id: str) -> None:
        api.call("DELETE", f"/api/jobs/{segment(job_id)}", {"force": "true" if force else None})
        note(f"{job_id} is deleted")

    each(job_ids, act)
