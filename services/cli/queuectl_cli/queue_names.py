"""Queue names that do not exist, and what the user may have meant."""

from queuectl_cli.client import Client
from queuectl_cli.suggestions import close_matches, did_you_mean


def unknown_queues(api: Client, names: str) -> str:
    """A sentence about those of the comma-separated queues that do not exist; empty if all exist."""
    known = _known(api)
    missing = [name for name in names.split(",") if name and name not in known]
    return "; ".join(f"no queue named {name!r}{did_you_mean(close_matches(name, known))}" for name in missing)


def other_queue_hint(api: Client, name: str) -> str:
    """The end of a sentence: which of the other queues may have been meant."""
    return did_you_mean(close_matches(name, [other for other in _known(api) if other != name]))


def _known(api: Client) -> list[str]:
    return [queue["name"] for queue in api.get("/api/queues")["items"]]
