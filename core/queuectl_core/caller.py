"""Who wants something done."""

from dataclasses import dataclass

from queuectl_core.role import Role

ANYBODY = "anybody"
"""What callers are called where authentication is off."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`name`: that of the token by which they signed in; `address`: where they are, as far as can be seen."""

    name: str
    role: Role
    address: str
