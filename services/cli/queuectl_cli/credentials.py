"""Where the API is, and which token is sent there.

Both come from the options, else from the environment, else from a saved login, else from this machine. A token that was
not named for this very call goes only to where it belongs: a saved one to the origin it was saved for, that of the data
directory to the API of this machine.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from queuectl_cli import local, logins
from queuectl_cli.failure import NOT_ALLOWED, USAGE, Failure
from queuectl_cli.output import note

SAVED = "the saved login"
MADE_HERE = "this machine's data directory"


@dataclass(frozen=True)
class Credentials:
    """`source`: where the token comes from, for people."""

    url: str
    token: str | None = field(default=None, repr=False)
    source: str = ""


def find(url: str | None = None, token: str | None = None) -> Credentials:
    """For a command with those options; raises Failure."""
    url = url or os.environ.get("QUEUECTL_URL")
    told = _told(token)
    saved = [] if url and told else logins.read()
    url = address(url or (saved[0].url if saved else local.url())).geturl()
    found, source = told or _saved_for(url, saved) or _made_here(url) or ("", "")
    return Credentials(url, sound(found, source) or None, source)


def of_up(url: str) -> Credentials:
    """For `queuectl up` at its own API, whose token is that of the environment, or the one it made itself."""
    token = os.environ.get("QUEUECTL_TOKEN")
    return Credentials(url, token or local.token(), "QUEUECTL_TOKEN" if token else MADE_HERE)


def address(url: str) -> SplitResult:
    """The parts of a URL of the API; raises Failure where it is none. What might be a secret is not shown."""
    try:
        parts = urlsplit(url.rstrip("/"))
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in parts.netloc or parts.query or parts.fragment:
        shown = url.rpartition("@")[2].partition("?")[0].partition("#")[0]
        raise Failure(f"{shown!r}: a URL of the API is like {local.DEFAULT_URL}, without user, ? and #", USAGE)
    return parts


def origin(url: str) -> tuple[str, str, int]:
    """What a token belongs to."""
    parts = address(url)
    return parts.scheme, str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)


def is_of_up(url: str) -> bool:
    """Whether that is the API of the `queuectl up` on this machine: its workers see the same files."""
    here = local.up_url()
    return _is_at(url, here) if here else False


def sound(token: str, source: str) -> str:
    """The token; raises Failure where it cannot stand in a header: a library's error message would show it."""
    if not token.isascii() or not token.isprintable() or " " in token:
        raise Failure(f"the token of {source} is none: it holds characters that no token has", NOT_ALLOWED)
    return token


def _told(token: str | None) -> tuple[str, str] | None:
    """What was named together with the URL goes to whatever that is."""
    if token:
        return token, "--token"
    if token := os.environ.get("QUEUECTL_TOKEN"):
        return token, "QUEUECTL_TOKEN"
    if file := os.environ.get("QUEUECTL_TOKEN_FILE"):
        try:
            return Path(file).read_text(errors="replace").strip(), "QUEUECTL_TOKEN_FILE"
        except OSError as fault:
            raise Failure(f"QUEUECTL_TOKEN_FILE {file!r}: {fault.strerror}", NOT_ALLOWED) from fault
    return None


def _saved_for(url: str, saved: list[logins.Login]) -> tuple[str, str] | None:
    return next(((login.token, SAVED) for login in saved if origin(login.url) == origin(url)), None)


def _made_here(url: str) -> tuple[str, str] | None:
    """What the API of this machine made at its first start, where that URL is its own, and nobody else has taken it."""
    if not _is_at(url, local.url()):
        return None
    token = local.token()
    if token is None:
        return None
    *_, port = origin(url)
    if local.is_taken_by_another_user(port):
        note(f"{local.token_file()} is not used: another user of this machine listens on {url}")
        return None
    return token, MADE_HERE


def _is_at(url: str, here: str) -> bool:
    """Whether both are one origin of this machine, by whichever name."""
    return origin(url) in (origin(here), origin(here.replace("//127.0.0.1:", "//localhost:")))
