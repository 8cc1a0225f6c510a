"""`queuectl audit`: who did what."""

from typing import Annotated

import typer

from queuectl_cli.commands.list_jobs import All, Limit
from queuectl_cli.context import client
from queuectl_cli.options import AsJson
from queuectl_cli.output import note, print_json, print_table
from queuectl_cli.pages import fetch, more


def audit(
    job: Annotated[str | None, typer.Option(metavar="ID", help="To this job.")] = None,
    actor: Annotated[str | None, typer.Option(metavar="NAME", help="With the token of this name.")] = None,
    limit: Limit = 50,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Show who did what to what, when, from where; newest first."""
    entries, cut = fetch(client(), "/api/audit", {"job": job, "actor": actor}, None if everything else limit)
    if as_json:
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
        note(more(entries))
