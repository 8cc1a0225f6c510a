"""`queuectl login`: sign the commands of this user in to a system."""

import os
import sys
from typing import Annotated, Any

import typer

from queuectl_cli import logins
from queuectl_cli.client import Client
from queuectl_cli.context import given
from queuectl_cli.credentials import Credentials, address, origin, sound
from queuectl_cli.failure import NOT_ALLOWED, USAGE, Failure
from queuectl_cli.local import url as local_url
from queuectl_cli.logins import Login
from queuectl_cli.output import note

MOST_BYTES = 1000


def login(
    url: Annotated[str | None, typer.Argument(metavar="[URL]", help="Where the API is; else the local one.")] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Also where the token would go over the network unencrypted.")
    ] = False,
) -> None:
    """Save a token for later commands: it is asked for, or read from stdin.

    queuectl login https://queue.example.org < token
    """
    if "/sign-in#" in (url or ""):
        raise Failure("this is a sign-in link: open it in a browser. Here the URL of the API is wanted", USAGE)
    url = address(url or given.url or os.environ.get("QUEUECTL_URL") or local_url()).geturl()
    if not insecure and _can_be_read_on_the_way(url):
        raise Failure(f"{url}: whoever reads along could use the token: take https, or say --insecure", USAGE)
    token = sound(given.token or _asked(url), "--token" if given.token else "stdin")
    session = Client(Credentials(url, token)).get("/api/session")
    if not session["authenticated"]:
        note(f"nobody has to sign in at {url}: nothing was saved")
        return
    others = [other for other in logins.read() if origin(other.url) != origin(url)]
    logins.write([Login(url, session["name"], token), *others])
    note(f"signed in at {url} as '{session['name']}', {_role(session)}")
    for name in ("QUEUECTL_URL", "QUEUECTL_TOKEN", "QUEUECTL_TOKEN_FILE"):
        if (os.environ.get(name) or url) != url:
            note(f"{name} is set here, and comes before what was saved")


def _can_be_read_on_the_way(url: str) -> bool:
    from ipaddress import ip_address

    parts = address(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True


def _asked(url: str) -> str:
    if sys.stdin.isatty():
        from getpass import getpass

        try:
            token = getpass(f"Token for {url}: ")
        except EOFError:
            token = ""
    else:
        token = sys.stdin.buffer.readline(MOST_BYTES).decode(errors="replace")
    if not token.strip():
        raise Failure(
            "no token was given: 'queuectl token create NAME' makes one, where somebody is signed in", NOT_ALLOWED
        )
    return token.strip()


def _role(session: dict[str, Any]) -> str:
    ends = session["expires_at"]
    return f"a{'' if session['role'] == 'viewer' else 'n'} {session['role']}" + (f", until {ends}" if ends else "")
