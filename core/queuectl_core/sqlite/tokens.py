"""Tokens, and what is signed in by them: sessions of browsers, and links that begin one."""

import math
import sqlite3
import time
from typing import Any

from queuectl_core.errors import LastAdmin, LinkUsed, TokenExists, TokenNotFound
from queuectl_core.role import Role
from queuectl_core.sqlite.database import Database
from queuectl_core.token import Token, hashed, new_secret

SESSION_SECONDS = 7 * 86_400.0
LINK_SECONDS = 3600.0
USE_SECONDS = 60.0
"""How exact the last use is known: a write for each request would be too dear."""

COLUMNS = "name, role, created_at, created_by, expires_at, last_used_at, last_used_from"


class Tokens:
    """Of a secret, only its hash comes near the database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def create(self, name: str, role: Role, by: str, expires_at: float | None = None, secret: str | None = None) -> str:
        """Make a token; returns its secret, which nobody will tell again. Raises TokenExists."""
        secret = secret or new_secret()
        with self._db.transaction():
            try:
                self._db.execute(
                    "INSERT INTO token (name, hash, role, created_at, created_by, expires_at)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (name, hashed(secret), role, time.time(), by, expires_at),
                )
            except sqlite3.IntegrityError as fault:
                raise TokenExists(name) from fault
        return secret

    def revoke(self, name: str) -> None:
        """It is good no more, and neither is what was signed in by it. Raises TokenNotFound, LastAdmin."""
        with self._db.transaction():
            role = self.get(name).role
            if role is Role.ADMIN and not self.is_administered(without=name):
                raise LastAdmin(name)
            self._db.execute("DELETE FROM token WHERE name = ?", (name,))

    def is_administered(self, without: str = "") -> bool:
        """Whether some admin's token is good."""
        return bool(
            self._db.value(
                "SELECT EXISTS (SELECT 1 FROM token WHERE role = 'admin' AND name <> ?"
                " AND (expires_at IS NULL OR expires_at > ?))",
                (without, time.time()),
            )
        )

    def replace(self, name: str, role: Role, by: str, secret: str) -> bool:
        """Have the token of that name be this one, whatever it was so far; False: it is already."""
        with self._db.transaction():
            found = self.by_secret(secret)
            if found is not None and (found.name, found.created_by) == (name, by):
                return False
            self._db.execute("DELETE FROM token WHERE name = ? OR hash = ?", (name, hashed(secret)))
            self.create(name, role, by, secret=secret)
        return True

    def withdraw(self, name: str, by: str) -> bool:
        """Revoke the token of that name where `replace` has made it so, also the last one of an admin."""
        return bool(self._db.execute("DELETE FROM token WHERE name = ? AND created_by = ?", (name, by)))

    def all(self) -> list[Token]:
        """Every token, by name; also those that have expired."""
        return [_token(row) for row in self._db.rows(f"SELECT {COLUMNS} FROM token ORDER BY name")]

    def get(self, name: str) -> Token:
        """One token; raises TokenNotFound."""
        row = self._db.row(f"SELECT {COLUMNS} FROM token WHERE name = ?", (name,))
        if row is None:
            raise TokenNotFound(name)
        return _token(row)

    def by_secret(self, secret: str) -> Token | None:
        """The token with that secret; it may have expired."""
        row = self._db.row(f"SELECT {COLUMNS} FROM token WHERE hash = ?", (hashed(secret),))
        return _token(row) if row else None

    def by_session(self, secret: str) -> Token | None:
        """The token by which that session was begun, where that lasts; good for as long as the session is."""
        row = self._db.row(
            "SELECT name, role, token.created_at, created_by, session.expires_at, last_used_at, last_used_from"
            " FROM session JOIN token ON name = token WHERE session.hash = ? AND session.expires_at > ?",
            (hashed(secret), time.time()),
        )
        return _token(row) if row else None

    def used(self, token: Token, address: str) -> None:
        """Note its use."""
        self._db.execute(
            "UPDATE token SET last_used_at = ?, last_used_from = ? WHERE name = ?", (time.time(), address, token.name)
        )

    # Sessions

    def begin_session(self, name: str, parent: str | None = None) -> tuple[str, float]:
        """Sign a browser in with that token: the session's secret, and when it ends. The token's links are void then.

        `parent`: the hash of the session that made the link; the new one ends with it, or before. Raises TokenNotFound.
        """
        secret, now = new_secret(""), time.time()
        with self._db.transaction():
            ends = min(now + SESSION_SECONDS, self._end(name, parent))
            self._db.execute("DELETE FROM link WHERE token = ?", (name,))
            self._db.execute(
                "INSERT INTO session (hash, token, created_at, expires_at, parent) VALUES (?, ?, ?, ?, ?)",
                (hashed(secret), name, now, ends, parent),
            )
        return secret, ends

    def _end(self, name: str, session: str | None) -> float:
        """When that token ends, or that session, given by its hash, if it ends earlier. Raises TokenNotFound."""
        end = self.get(name).expires_at
        ends = [] if end is None else [end]
        if session is not None:
            ends.append(self._db.value("SELECT expires_at FROM session WHERE hash = ?", (session,)))
        return min(ends, default=math.inf)

    def end_session(self, secret: str) -> None:
        """Sign that browser out; the links that it made, and the sessions begun by them, end as well."""
        self._db.execute("DELETE FROM session WHERE hash = ?", (hashed(secret),))

    def end_sessions(self, name: str) -> int:
        """Sign out every browser that was signed in with that token, and make its links void; returns how many."""
        with self._db.transaction():
            self._db.execute("DELETE FROM link WHERE token = ?", (name,))
            return self._db.execute("DELETE FROM session WHERE token = ?", (name,))

    def link(self, name: str, session: str | None = None) -> tuple[str, float]:
        """A code that begins a session once, and until when it does. Raises TokenNotFound.

        `session`: the secret of the session that asks for it, with which the link ends.
        """
        maker = None if session is None else hashed(session)
        code, ends = new_secret(""), min(time.time() + LINK_SECONDS, self._end(name, maker))
        self._db.execute(
            "INSERT INTO link (hash, token, expires_at, session) VALUES (?, ?, ?, ?)", (hashed(code), name, ends, maker)
        )
        return code, ends

    def follow(self, code: str) -> tuple[Token, str | None]:
        """Use a code up: the token that it stands for, and the hash of the session that made it. Raises LinkUsed.

        All other links of that token are void from now on.
        """
        with self._db.transaction():
            row = self._db.row(
                "DELETE FROM link WHERE hash = ? AND expires_at > ? RETURNING token, session",
                (hashed(code), time.time()),
            )
            if row is None:
                raise LinkUsed
            self._db.execute("DELETE FROM link WHERE token = ?", (row[0],))
            return self.get(row[0]), row[1]

    def tidy(self) -> None:
        """Forget sessions and links whose time is over."""
        now = time.time()
        if self._db.value(
            "SELECT EXISTS (SELECT 1 FROM session WHERE expires_at <= ? UNION ALL"
            " SELECT 1 FROM link WHERE expires_at <= ?)",
            (now, now),
        ):
            with self._db.transaction():
                self._db.execute("DELETE FROM session WHERE expires_at <= ?", (now,))
                self._db.execute("DELETE FROM link WHERE expires_at <= ?", (now,))


def _token(row: tuple[Any, ...]) -> Token:
    name, role, *rest = row
    return Token(name, Role(role), *rest)
