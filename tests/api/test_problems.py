"""Errors of the store as HTTP problems."""

from collections.abc import Iterator

from queuectl_api.problems import STATUS
from queuectl_core.model.errors import NotMoved, QueueError


def kinds(parent: type[QueueError]) -> Iterator[type[QueueError]]:
    """All errors that are a `parent`, except itself."""
    for kind in parent.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_each_error_has_a_status() -> None:
    missing = {*kinds(QueueError)} - {*STATUS}
    assert missing == {NotMoved}, "only queuectl-migrate raises NotMoved"
