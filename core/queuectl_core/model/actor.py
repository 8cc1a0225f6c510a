"""Who performs an action."""

from dataclasses import dataclass

from queuectl_core.model.role import Role

ANYBODY = "anybody"
"""The actor's name if authentication is off."""


@dataclass(frozen=True, slots=True)
class Actor:
    """`name`: of the token they signed in with. `address`: the client's IP address, as far as it is known."""

    name: str
    role: Role
    address: str
