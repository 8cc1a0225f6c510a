"""`queuectl token`: manage the tokens that users and programs sign in with."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from queuectl_cli.client import segment
from queuectl_cli.confirm import confirm
from queuectl_cli.context import client
from queuectl_cli.failure import NOT_ALLOWED, Failure
from queuectl_cli.for_each_id import for_each_id
from queuectl_cli.listing import print_list
from queuectl_cli.options import OutputFormat, OutputFormatNoIds, OutputOption, OutputOptionNoIds, Yes, parse_option
from queuectl_cli.output import age, note, print_json, say
from queuectl_cli.time_formats import parse_duration

app = typer.Typer(help="Tokens and sign-in links: create, list and revoke them.", no_args_is_help=True)


class Role(StrEnum):
    """Each role includes the permissions of those before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what the token is for.")],
    role: Annotated[
        Role,
        typer.Option(help="viewer: read only; operator: also enqueue, cancel, retry and delete; admin: everything."),
    ] = Role.OPERATOR,
    expires_in: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Lifetime of the token; default: unlimited.")
    ] = None,
    output: OutputOptionNoIds = OutputFormatNoIds.TABLE,
) -> None:
    """Create a token and print it; it cannot be shown again."""
    seconds = None if expires_in is None else parse_option("--expires-in", expires_in, parse_duration)
    token = client().post("/api/tokens", {"name": name, "role": role, "expires_in": seconds})
    if output is OutputFormatNoIds.JSON:
        print_json(token)
        return
    ends = token["expires_at"]
    note(
        f"token '{token['name']}', {token['role']}, {f'expires {ends}' if ends else 'does not expire'}: shown only once"
    )
    say(token["token"])


@app.command("list")
def list_tokens(output: OutputOption = OutputFormat.TABLE) -> None:
    """List tokens, without their secrets, which are not stored."""
    items = client().get("/api/tokens")["items"]
    print_list(items, "name", output, ("NAME", "ROLE", "CREATED BY", "EXPIRES", "LAST USED", "FROM"), _row)


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    return (
        item["name"],
        item["role"],
        item["created_by"],
        _format_expiry(item["expires_at"]),
        age(item["last_used_at"]) or "never",
        item["last_used_from"] or "",
    )


def _format_expiry(instant: str | None) -> str:
    if instant is None:
        return "never"
    shown = age(instant)
    return shown if shown.startswith("in ") else f"expired {shown} ago"


@app.command()
def revoke(names: Annotated[list[str], typer.Argument(metavar="NAME…")], yes: Yes = False) -> None:
    """Revoke tokens immediately.

    Browsers that signed in with them are signed out.
    """
    confirm(f"Revoke {', '.join(names)}? Whoever uses {'it' if len(names) == 1 else 'them'} loses access.", yes=yes)
    api = client()

    def act(name: str) -> None:
        api.call("DELETE", f"/api/tokens/{segment(name)}")
        note(f"{name} is revoked")

    for_each_id(names, act)


@app.command()
def link(output: OutputOptionNoIds = OutputFormatNoIds.TABLE) -> None:
    """Print a link that signs a browser in as you.

    It works once, within an hour, and only until the next sign-in with your token.
    """
    made = client().post("/api/session/link")
    if output is OutputFormatNoIds.JSON:
        print_json(made)
    else:
        say(made["url"])


@app.command()
def show() -> None:
    """Print the token in use, for other programs.

    echo "Authorization: Bearer $(queuectl token show)" | curl --header @- http://localhost:8000/api/status
    """
    credentials = client().credentials
    if credentials.token is None:
        raise Failure(f"not signed in at {credentials.url}: use 'queuectl login'", NOT_ALLOWED)
    say(credentials.token)
