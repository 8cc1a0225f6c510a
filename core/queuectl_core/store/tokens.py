"""Tokens, browser sessions and sign-in links."""

import math
import time
from typing import Any

from queuectl_core.model.errors import LastAdmin, LinkUsed, TokenExists, TokenNotFound
from queuectl_core.model.role import Role
from queuectl_core.model.token import Token, hashed, new_secret
from queuectl_core.store.session import Session

SESSION_SECONDS = 7 * 86_400.0
LINK_SECONDS = 3600.0
USE_SECONDS = 60.0
"""The precision of a token's last use: a write for each request would be too expensive."""

COLUMNS = "name, role, created_at, created_by, expires_at, last_used_at, last_used_from"


class Tokens:
    """Stores only the hashes of secrets."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, name: str, role: Role, by: str, expires_at: float | None = None, secret: str | None = None) -> str:
        """Create a token; returns its secret, which is not stored. Raises TokenExists."""
        secret = secret or new_secret()
        with self._session.transaction():
            inserted = self._session.execute(
                "INSERT INTO token (name, hash, role, created_at, created_by, expires_at)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (name, hashed(secret), role, time.time(), by, expires_at),
            )
            if not inserted:
                raise TokenExists(name)
        return secret

    def lock(self) -> None:
        """Until the end of the transaction, others wait who also decide by the existing tokens what they do."""
        self._session.lock("tokens")

    def revoke(self, name: str) -> None:
        """Revoke a token, with its sessions and links. Raises TokenNotFound, LastAdmin."""
        with self._session.transaction():
            self.lock()
            role = self.get(name).role
            if role is Role.ADMIN and not self.is_administered(without=name):
                raise LastAdmin(name)
            self._session.execute("DELETE FROM token WHERE name = ?", (name,))

    def is_administered(self, without: str = "") -> bool:
        """Whether there is a valid admin token. `without`: do not count the token of that name."""
        return bool(
            self._session.value(
                "SELECT EXISTS (SELECT 1 FROM token WHERE role = 'admin' AND name <> ?"
                " AND (expires_at IS NULL OR expires_at > ?))",
                (without, time.time()),
            )
        )

    def replace(self, name: str, role: Role, by: str, secret: str) -> bool:
        """Create or replace the token of that name; False if it is already the same."""
        with self._session.transaction():
            self.lock()
            found = self.by_secret(secret)
            if found is not None and (found.name, found.created_by) == (name, by):
                return False
            self._session.execute("DELETE FROM token WHERE name = ? OR hash = ?", (name, hashed(secret)))
            self.create(name, role, by, secret=secret)
        return True

    def withdraw(self, name: str, by: str) -> bool:
        """Revoke the token of that name if it was created by `by`, even if it is the last admin token."""
        return bool(self._session.execute("DELETE FROM token WHERE name = ? AND created_by = ?", (name, by)))

    def all(self) -> list[Token]:
        """All tokens by name, including expired ones."""
        return [_token(row) for row in self._session.rows(f"SELECT {COLUMNS} FROM token ORDER BY name")]

    def get(self, name: str) -> Token:
        """One token; raises TokenNotFound."""
        row = self._session.row(f"SELECT {COLUMNS} FROM token WHERE name = ?", (name,))
        if row is None:
            raise TokenNotFound(name)
        return _token(row)

    def by_secret(self, secret: str) -> Token | None:
        """The token with that secret, even if it has expired."""
        rows = self._session.recall(f"SELECT {COLUMNS} FROM token WHERE hash = ?", (hashed(secret),))
        return _token(rows[0]) if rows else None

    def by_session(self, secret: str) -> Token | None:
        """The token of a valid session, with the session's expiry."""
        row = self._session.row(
            "SELECT name, role, token.created_at, created_by, session.expires_at, last_used_at, last_used_from"
            " FROM session JOIN token ON name = token WHERE session.hash = ? AND session.expires_at > ?",
            (hashed(secret), time.time()),
        )
        return _token(row) if row else None

    def used(self, token: Token, address: str) -> None:
        """Record the use of a token."""
        self._session.execute(
            "UPDATE token SET last_used_at = ?, last_used_from = ? WHERE name = ?", (time.time(), address, token.name)
        )

    # Sessions

    def begin_session(self, name: str, parent: str | None = None) -> tuple[str, float]:
        """Start a session with that token; returns its secret and when it ends. Invalidates the token's links.

        `parent`: the hash of the session that created the link; the new session ends no later. Raises TokenNotFound.
        """
        secret, now = new_secret(""), time.time()
        with self._session.transaction():
            ends = min(now + SESSION_SECONDS, self._end(name, parent))
            self._session.execute("DELETE FROM link WHERE token = ?", (name,))
            self._session.execute(
                "INSERT INTO session (hash, token, created_at, expires_at, parent) VALUES (?, ?, ?, ?, ?)",
                (hashed(secret), name, now, ends, parent),
            )
        return secret, ends

    def _end(self, name: str, session: str | None) -> float:
        """When the token or the session, given by its hash, expires, whichever is earlier. Raises TokenNotFound."""
        end = self.get(name).expires_at
        ends = [] if end is None else [end]
        if session is not None:
            ends.append(self._session.value("SELECT expires_at FROM session WHERE hash = ?", (session,)))
        return min(ends, default=math.inf)

    def end_session(self, secret: str) -> None:
        """End a session, with the links that it created and the sessions started with them."""
        self._session.execute("DELETE FROM session WHERE hash = ?", (hashed(secret),))

    def end_sessions(self, name: str) -> int:
        """End all sessions of a token, and invalidate its links; returns the number of sessions."""
        with self._session.transaction():
            self._session.execute("DELETE FROM link WHERE token = ?", (name,))
            return self._session.execute("DELETE FROM session WHERE token = ?", (name,))

    def link(self, name: str, session: str | None = None) -> tuple[str, float]:
        """Create a one-time sign-in link; returns its code and when it expires. Raises TokenNotFound.

        `session`: the secret of the session that requests it; the link ends with that session.
        """
        maker = None if session is None else hashed(session)
        code, ends = new_secret(""), min(time.time() + LINK_SECONDS, self._end(name, maker))
        self._session.execute(
            "INSERT INTO link (hash, token, expires_at, session) VALUES (?, ?, ?, ?)", (hashed(code), name, ends, maker)
        )
        return code, ends

    def follow(self, code: str) -> tuple[Token, str | None]:
        """Use a sign-in link; returns its token, and the hash of the session that created it. Raises LinkUsed.

        Invalidates all other links of that token.
        """
        with self._session.transaction():
            row = self._session.row(
                "DELETE FROM link WHERE hash = ? AND expires_at > ? RETURNING token, session",
                (hashed(code), time.time()),
            )
            if row is None:
                raise LinkUsed
            self._session.execute("DELETE FROM link WHERE token = ?", (row[0],))
            return self.get(row[0]), row[1]

    def tidy(self) -> None:
        """Delete expired sessions and links."""
        now = time.time()
        if self._session.value(
            "SELECT EXISTS (SELECT 1 FROM session WHERE expires_at <= ? UNION ALL"
            " SELECT 1 FROM link WHERE expires_at <= ?)",
            (now, now),
        ):
            with self._session.transaction():
                self._session.execute("DELETE FROM session WHERE expires_at <= ?", (now,))
                self._session.execute("DELETE FROM link WHERE expires_at <= ?", (now,))


def _token(row: tuple[Any, ...]) -> Token:
    name, role, *rest = row
    return Token(name, Role(role), *rest)
