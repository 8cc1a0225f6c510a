"""Tokens: by one somebody signs in. The secret is shown once; what is kept is its hash."""

import secrets
from dataclasses import dataclass
from hashlib import sha256

from queuectl_core.role import Role

GIVEN = "QUEUECTL_TOKEN"
"""The name of the token that the environment gives."""

PREFIX = "queuectl_"
SHORTEST, LONGEST = 16, 200
"""Characters of a token that a person has chosen."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret. Times are seconds since the epoch; `expires_at` None: never."""

    name: str
    role: Role
    created_at: float
    created_by: str
    expires_at: float | None
    last_used_at: float | None
    last_used_from: str | None

    def expired(self, now: float) -> bool:
        """Whether its end has come."""
        return self.expires_at is not None and self.expires_at <= now


def new_secret(prefix: str = PREFIX) -> str:
    """256 bits of chance, which nobody guesses; the prefix is for scanners that look for leaked secrets."""
    return prefix + secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """What is kept of a secret.

    A plain hash is enough, as there is nothing to guess in a secret of 256 bits. It is also what secrets are looked up
    by: the time that takes does not tell how far a wrong one agrees with a right one, as their hashes share nothing.
    """
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()
