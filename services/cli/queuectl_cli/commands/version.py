"""`queuectl version`: print the version of this program."""

from queuectl_cli import __version__
from queuectl_cli.output import say


def version() -> None:
    """Print the version."""
    say(f"queuectl {__version__}")
