"""Why a command is being stopped."""

from enum import Enum


class StopReason(Enum):
    """The first one given counts, except that LOST overrides the others."""

    TIMEOUT = "timeout"
    CANCEL = "cancel"
    DRAIN = "drain"
    LOST = "lost"  # the lease has expired or is someone else's: nothing may be reported
