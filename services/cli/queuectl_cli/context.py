"""What was parsed before the command's function runs."""

from dataclasses import dataclass

from queuectl_cli.client import Client
from queuectl_cli.credentials import find


@dataclass
class Invocation:
    """The options shared by all commands, and the job's command as a shell command line if one was typed."""

    url: str | None = None
    token: str | None = None
    command: str | None = None


invocation = Invocation()


def client() -> Client:
    """A client for the API that this invocation addresses, with its token."""
    return Client(find(invocation.url, invocation.token))
