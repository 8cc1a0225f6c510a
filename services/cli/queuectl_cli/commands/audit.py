"""`queuectl audit`: the audit log."""

from typing import Annotated

import typer

from queuectl_cli.commands.list_jobs import All, Limit
from queuectl_cli.context import client
from queuectl_cli.options import OutputFormatNoIds, OutputOptionNoIds
from queuectl_cli.output import note, print_json, print_table
from queuectl_cli.pages import fetch, more_hint


def audit(
    job: Annotated[str | None, typer.Option(metavar="ID", help="Only actions on this job.")] = None,
    actor: Annotated[str | None, typer.Option(metavar="NAME", help="Only actions with the token of this name.")] = None,
    limit: Limit = 50,
    everything: All = False,
    output: OutputOptionNoIds = OutputFormatNoIds.TABLE,
) -> None:
    """Show who did what, when and from where; newest first."""
    entries, cut = fetch(client(), "/api/audit", {"job": job, "actor": actor}, None if everything else limit)
    if output is OutputFormatNoIds.JSON:
        print_json(entries)
        return
    print_table(
        ("TIME", "ACTOR", "ROLE", "FROM", "ACTION", "SUBJECT", "JOBS", "DETAIL"),
        [
            (
                entry["at"],
                entry["actor"],
                entry["role"],
                entry["address"],
                entry["action"],
                entry["subject"] or "",
                entry["jobs"] or "",
                entry["detail"] or "",
            )
            for entry in entries
        ],
    )
    if cut:
        note(more_hint(entries))
