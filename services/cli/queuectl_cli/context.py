"""What main() found out before the command began."""

from dataclasses import dataclass, field

from queuectl_cli.client import Client
from queuectl_cli.credentials import find


@dataclass
class Given:
    """The options that all commands share, and the words behind `--` as they were typed."""

    url: str | None = None
    token: str | None = None
    words: list[str] = field(default_factory=list)


given = Given()


def client() -> Client:
    """The API, as who runs this command."""
    return Client(find(given.url, given.token))
