"""`queuectl logout`: forget what `queuectl login` has saved."""

from typing import Annotated

import typer

from queuectl_cli import logins
from queuectl_cli.credentials import origin
from queuectl_cli.failure import Failure
from queuectl_cli.output import note


def logout(
    url: Annotated[str | None, typer.Argument(metavar="[URL]", help="Where; else where you signed in last.")] = None,
) -> None:
    """Forget the saved token of a system. It stays good, wherever else it is kept, until it is revoked."""
    saved = logins.read()
    ended = next((login for login in saved if url is None or origin(login.url) == origin(url)), None)
    if ended is None:
        raise Failure(f"no login is saved{f' for {url}' if url else ''}")
    left = [login for login in saved if login is not ended]
    logins.write(left)
    note(f"signed out at {ended.url}; the token is still good: 'queuectl token revoke {ended.name}' there ends it")
    if left and ended is saved[0]:
        note(f"commands go to {left[0].url} now, as '{left[0].name}'")
