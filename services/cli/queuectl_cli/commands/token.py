"""`queuectl token`: who may sign in."""

from enum import StrEnum
from typing import Annotated

import typer

from queuectl_cli.client import segment
from queuectl_cli.commands.delete import Yes
from queuectl_cli.confirm import confirm
from queuectl_cli.context import client
from queuectl_cli.each import each
from queuectl_cli.failure import NOT_ALLOWED, USAGE, Failure
from queuectl_cli.moment import duration
from queuectl_cli.options import AsJson
from queuectl_cli.output import ago, note, print_json, print_table, say

app = typer.Typer(help="Tokens: make, list and revoke them.", no_args_is_help=True)


class Role(StrEnum):
    """From the least to the most; each may do what those before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is, or what it is for.")],
    role: Annotated[
        Role, typer.Option(help="viewer: look; operator: also enqueue, cancel, retry, delete; admin: everything.")
    ] = Role.OPERATOR,
    expires_in: Annotated[str | None, typer.Option(metavar="30d|12h|SECONDS", help="Else it never does.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token, and print its secret: now, and never again."""
    try:
        seconds = None if expires_in is None else duration(expires_in)
    except ValueError as fault:
        raise Failure(f"--expires-in {expires_in!r}: {fault}", USAGE) from fault
    token = client().post("/api/tokens", {"name": name, "role": role, "expires_in": seconds})
    if as_json:
        print_json(token)
        return
    ends = token["expires_at"]
    note(f"token '{token['name']}', {token['role']}, {f'until {ends}' if ends else 'does not expire'}: shown this once")
    say(token["token"])


@app.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """List the tokens; not their secrets, which nobody knows."""
    items = client().get("/api/tokens")["items"]
    if as_json:
        print_json(items)
        return
    print_table(
        ("NAME", "ROLE", "CREATED BY", "EXPIRES", "LAST USED", "FROM"),
        [
            (
                item["name"],
                item["role"],
                item["created_by"],
                _end(item["expires_at"]),
                ago(item["last_used_at"]) or "never",
                item["last_used_from"] or "",
            )
            for item in items
        ],
    )


def _end(instant: str | None) -> str:
    if instant is None:
        return "never"
    shown = ago(instant)
    return shown if shown.startswith("in ") else f"expired {shown} ago"


@app.command()
def revoke(names: Annotated[list[str], typer.Argument(metavar="NAME…")], yes: Yes = False) -> None:
    """Make tokens useless at once, and sign out every browser that was signed in with them."""
    confirm(f"Revoke {', '.join(names)}? Whoever uses {'it' if len(names) == 1 else 'them'} is locked out.", yes=yes)
    api = client()

    def act(name: str) -> None:
        api.call("DELETE", f"/api/tokens/{segment(name)}")
        note(f"{name} is revoked")

    each(names, act)


@app.command()
def link(as_json: AsJson = False) -> None:
    """Print a link that signs a browser in as you: once, within an hour. Any sign-in with your token makes it void."""
    made = client().post("/api/session/link")
    if as_json:
        print_json(made)
    else:
        say(made["url"])


@app.command()
def show() -> None:
    """Print the token that these commands use, for other programs.

    echo "Authorization: Bearer $(queuectl token show)" | curl --header @- http://localhost:8000/api/status
    """
    credentials = client().credentials
    if credentials.token is None:
        raise Failure(f"not signed in at {credentials.url}: 'queuectl login' asks for a token", NOT_ALLOWED)
    say(credentials.token)
