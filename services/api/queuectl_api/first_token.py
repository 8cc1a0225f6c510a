"""The first start: the owner must be able to sign in, and nobody else."""

import os
import sys
from contextlib import suppress
from itertools import chain, count
from pathlib import Path

from queuectl_api.session import record_link, sign_in_link
from queuectl_api.settings import ApiSettings
from queuectl_core.model.actor import Actor
from queuectl_core.model.audit import Done
from queuectl_core.model.errors import QueueError
from queuectl_core.model.role import Role
from queuectl_core.model.token import GIVEN, LONGEST
from queuectl_core.store.open import open_store
from queuectl_core.store.store import Store

MADE = "admin"

ENVIRONMENT = Actor("the environment", Role.ADMIN, "localhost")
START = Actor("the start", Role.ADMIN, "localhost")
"""The actors that create these tokens; no token can have these names."""


def token_file(data_dir: Path) -> Path:
    """Where programs of the system's owner find the first token."""
    return data_dir / "token"


def provide_token(settings: ApiSettings) -> None:
    """Make the token of the environment an admin's while it is set; without it, make sure that there is an admin.

    A token that is created for that is stored in a file that only the owner of the system can read. How to sign in is
    printed once; tokens never are. Nothing is printed if this process serves the page itself (`queuectl up` then says
    how to sign in), or if programs read the output. Raises DatabaseUnusable, OSError.
    """
    if not settings.authenticates:
        return
    with open_store(settings.store_url, durable=True) as store:
        given = settings.token.get_secret_value()
        message = _take(store, settings, given) if given else _make(store, settings)
    if message and _announces(settings):
        sys.stdout.write(f"{message}\n")
        sys.stdout.flush()


def _announces(settings: ApiSettings) -> bool:
    return bool(settings.dashboard_url) and not settings.dashboard_dir and settings.log_format == "text"


def _take(store: Store, settings: ApiSettings, secret: str) -> str:
    with store.transaction():
        if not store.tokens.replace(GIVEN, Role.ADMIN, ENVIRONMENT.name, secret):
            return ""
        store.audit.record(ENVIRONMENT, Done.TOKEN_CREATE, GIVEN, Role.ADMIN)
    return f"Sign in with the token that {GIVEN} holds: {settings.dashboard_url}"


def _make(store: Store, settings: ApiSettings) -> str:
    try:
        with store.transaction():
            store.tokens.lock()  # if several processes start at once, one of them creates it
            if store.tokens.withdraw(GIVEN, ENVIRONMENT.name):
                store.audit.record(ENVIRONMENT, Done.TOKEN_REVOKE, GIVEN)
            if store.tokens.is_administered():
                return ""
            name = _free_name(store)
            secret = store.tokens.create(name, Role.ADMIN, START.name)
            store.audit.record(START, Done.TOKEN_CREATE, name, Role.ADMIN)
            link = _link(store, name, settings) if _announces(settings) else ""
            _write(token_file(settings.data_dir), secret)
    except BaseException:
        with suppress(QueueError):
            remove_useless(store, settings.data_dir)
        raise
    return f"Sign in, once, within an hour: {link}"


def _link(store: Store, name: str, settings: ApiSettings) -> str:
    code, ends = store.tokens.link(name)
    record_link(store, START, name, ends)
    return sign_in_link(settings.dashboard_url, code)


def _free_name(store: Store) -> str:
    """One that no token has: an expired token, or one that is no admin's, may have the first name."""
    taken = {token.name for token in store.tokens.all()}
    return next(name for name in chain([MADE], (f"{MADE}-{n}" for n in count(2))) if name not in taken)


def _write(path: Path, secret: str) -> None:
    """Write a new file that replaces whatever is there, even a link or another user's file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def remove_useless(store: Store, data_dir: Path) -> None:
    """Remove the file if its token is no longer valid. A failure does no harm."""
    path = token_file(data_dir)
    with store.transaction(), suppress(OSError):
        store.tokens.lock()  # no other process replaces it meanwhile
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), errors="replace") as file:
            secret = file.read(LONGEST + 1).strip()
        if store.tokens.by_secret(secret) is None:
            path.unlink()
