"""Names of schedules: completed by the shell, and suggested for mistyped ones."""

from collections.abc import Iterator
from contextlib import contextmanager

from queuectl_cli.client import Client, NotFound
from queuectl_cli.context import client
from queuectl_cli.failure import Failure
from queuectl_cli.pages import MAX_PAGE_SIZE
from queuectl_cli.suggestions import close_matches, did_you_mean


def complete(incomplete: str) -> list[str]:
    """For shell completion: the names that begin like this; none if the API does not answer."""
    try:
        return [name for name in _known(client()) if name.startswith(incomplete)]
    except Failure:
        return []


@contextmanager
def suggesting(api: Client, name: str) -> Iterator[None]:
    """Add to the message that there is no such schedule which one may have been meant."""
    try:
        yield
    except NotFound as fault:
        raise NotFound(f"{fault}{did_you_mean(close_matches(name, _known(api)))}") from fault


def _known(api: Client) -> list[str]:
    """The first names only, as there may be very many."""
    return [schedule["name"] for schedule in api.get("/api/schedules", {"limit": MAX_PAGE_SIZE})["items"]]
