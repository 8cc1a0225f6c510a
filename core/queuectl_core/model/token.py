"""Access tokens. The secret is shown once; only its hash is stored."""

import secrets
from dataclasses import dataclass
from hashlib import sha256

from queuectl_core.model.role import Role

GIVEN = "QUEUECTL_TOKEN"
"""The name of the token that comes from the environment."""

PREFIX = "queuectl_"
SHORTEST, LONGEST = 16, 200
"""Bounds on the length of a token that a user has chosen."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret. Times are seconds since the epoch; `expires_at`: None if it never expires."""

    name: str
    role: Role
    created_at: float
    created_by: str
    expires_at: float | None
    last_used_at: float | None
    last_used_from: str | None

    def expired(self, now: float) -> bool:
        """Whether it has expired at `now`."""
        return self.expires_at is not None and self.expires_at <= now


def new_secret(prefix: str = PREFIX) -> str:
    """256 random bits. The prefix lets scanners recognize leaked secrets."""
    return prefix + secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """The hash under which a secret is stored.

    A plain hash is sufficient, because a secret of 256 bits cannot be guessed. Looking secrets up by their hash also
    prevents timing attacks: the hashes of similar secrets have nothing in common.
    """
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()
