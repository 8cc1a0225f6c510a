"""A worker's name. Others find it in the arguments and the environment of all its processes."""

import os
import socket
import sys

LEGIBLE = "23456789abcdefghjkmnpqrstuvwxyz"  # pragma: allowlist secret
VARIABLE = "QUEUECTL_WORKER"
REPLACEMENT = "replacement"

LETTERS = 6
"""A worker whose name is taken on its host cannot start. Beside 100 others, that happens to one of nine million."""


def mark(worker: str) -> bytes:
    """In the arguments or the environment of everything that belongs to that worker, including its commands."""
    return f"{VARIABLE}={worker}".encode()


def is_mark(argument: bytes) -> bool:
    """Whether a process with that argument belongs to a worker."""
    return argument.startswith(f"{VARIABLE}=".encode())


def own() -> str | None:
    """The name of this process' worker; None if it has none yet."""
    name, equals, value = "".join(sys.argv[1:2]).partition("=")
    return value if equals and name == VARIABLE else None


def is_replacement() -> bool:
    """Whether this worker replaces one that had lost its leases."""
    return sys.argv[2:] == [REPLACEMENT]


def take() -> None:
    """Restart this process with a new name; does not return.

    It takes an exec for others to see the new arguments and environment.
    """
    new = f"{VARIABLE}={socket.gethostname()}-{''.join(LEGIBLE[byte % len(LEGIBLE)] for byte in os.urandom(LETTERS))}"
    argv = [sys.executable, *sys.orig_argv[1:]]
    if own() is None:
        argv.append(new)
    else:
        argv[argv.index(f"{VARIABLE}={own()}") :] = [new, REPLACEMENT]
    os.execve(sys.executable, argv, os.environ | dict([new.split("=", 1)]))  # noqa: S606
