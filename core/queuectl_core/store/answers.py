"""Stored responses to requests with an idempotency key, written in the same transaction as the request's changes."""

import time

from queuectl_core.model.errors import KeyReused
from queuectl_core.store.session import Session

KEPT_SECONDS = 86_400.0

TRIMMED = 500
"""Responses deleted per step, to limit how long the write lock is held."""


class Answers:
    """`key`: the hash of the idempotency key and its owner. `request`: the hash of the whole request."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, key: str, request: str) -> str | None:
        """The stored response to the request; None if there is none, or it is too old. Raises KeyReused.

        In a transaction, no other one handles a request with the same key until the end.
        """
        if self._session.in_transaction:
            self._session.lock(f"answer {key}")
        found = self._session.row(
            "SELECT request, content FROM answer WHERE key = ? AND at > ?", (key, time.time() - KEPT_SECONDS)
        )
        if found is None:
            return None
        if found[0] != request:
            raise KeyReused
        return str(found[1])

    def keep(self, key: str, request: str, content: str) -> None:
        """Store a response for `find`."""
        self._session.execute(
            "INSERT INTO answer (key, request, content, at) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE"
            " SET request = excluded.request, content = excluded.content, at = excluded.at",
            (key, request, content, time.time()),
        )

    def trim(self) -> int:
        """Delete some expired responses; returns how many."""
        old = "(SELECT key FROM answer WHERE at <= ? LIMIT ?)"
        given = time.time() - KEPT_SECONDS, TRIMMED
        if not self._session.value(f"SELECT EXISTS {old}", given):
            return 0  # without taking the lock
        return self._session.execute(f"DELETE FROM answer WHERE key IN {old}", given)
