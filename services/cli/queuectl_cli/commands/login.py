"""`queuectl login`: save a token, so that later commands are signed in."""

import os
import sys
from typing import Annotated, Any

import typer

from queuectl_cli import saved_logins
from queuectl_cli.client import Client
from queuectl_cli.context import invocation
from queuectl_cli.credentials import Credentials, address, checked_token, origin
from queuectl_cli.failure import NOT_ALLOWED, USAGE, Failure
from queuectl_cli.local_system import url as local_url
from queuectl_cli.output import note
from queuectl_cli.saved_logins import Login

MAX_TOKEN_BYTES = 1000


def login(
    url: Annotated[
        str | None, typer.Argument(metavar="URL", help="URL of the API; default: the API on this machine.")
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Allow sending the token over the network unencrypted.")
    ] = False,
) -> None:
    """Save a token, so that later commands are signed in.

    Prompts for the token, or reads it from stdin.

    queuectl login https://queue.example.org < token
    """
    if "/sign-in#" in (url or ""):
        raise Failure("this is a sign-in link for browsers: give the URL of the API", USAGE)
    url = address(url or invocation.url or os.environ.get("QUEUECTL_URL") or local_url()).geturl()
    if not insecure and _is_unencrypted(url):
        raise Failure(f"{url}: the token would be sent unencrypted: use https, or --insecure", USAGE)
    token = checked_token(invocation.token or _read_token(url), "--token" if invocation.token else "stdin")
    session = Client(Credentials(url, token)).get("/api/session")
    if not session["authenticated"]:
        note(f"authentication is off at {url}: nothing was saved")
        return
    others = [other for other in saved_logins.read() if origin(other.url) != origin(url)]
    saved_logins.write([Login(url, session["name"], token), *others])
    note(f"signed in at {url} as '{session['name']}', {_role(session)}")
    for name in ("QUEUECTL_URL", "QUEUECTL_TOKEN", "QUEUECTL_TOKEN_FILE"):
        if (os.environ.get(name) or url) != url:
            note(f"{name} is set and overrides the saved login")


def _is_unencrypted(url: str) -> bool:
    """Whether the token would cross a network in plain text."""
    from ipaddress import ip_address

    parts = address(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True


def _read_token(url: str) -> str:
    if sys.stdin.isatty():
        from getpass import getpass

        try:
            token = getpass(f"Token for {url}: ")
        except EOFError:
            token = ""
    else:
        token = sys.stdin.buffer.readline(MAX_TOKEN_BYTES).decode(errors="replace")
    if not token.strip():
        raise Failure(
            "no token given: an admin can create one with 'queuectl token create NAME'",
            NOT_ALLOWED,
        )
    return token.strip()


def _role(session: dict[str, Any]) -> str:
    ends = session["expires_at"]
    return f"a{'' if session['role'] == 'viewer' else 'n'} {session['role']}" + (f", until {ends}" if ends else "")
