"""`queuectl logout`: remove a saved login."""

from typing import Annotated

import typer

from queuectl_cli import saved_logins
from queuectl_cli.credentials import origin
from queuectl_cli.failure import Failure
from queuectl_cli.output import note


def logout(
    url: Annotated[str | None, typer.Argument(metavar="URL", help="URL of the API; default: the latest login.")] = None,
) -> None:
    """Remove a saved login. The token itself stays valid until it expires or is revoked."""
    saved = saved_logins.read()
    ended = next((login for login in saved if url is None or origin(login.url) == origin(url)), None)
    if ended is None:
        raise Failure(f"no saved login{f' for {url}' if url else ''}")
    left = [login for login in saved if login is not ended]
    saved_logins.write(left)
    note(f"signed out at {ended.url}; the token stays valid: 'queuectl token revoke {ended.name}' revokes it")
    if left and ended is saved[0]:
        note(f"commands now use {left[0].url}, as '{left[0].name}'")
