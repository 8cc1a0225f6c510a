"""How long a failed job waits before its next attempt."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff: `base ** attempts` seconds, at most `maximum`.

    `jitter` (0..1) is the share of that delay that is drawn by chance, so that jobs which failed together
    do not all come back together. The formula is the contract's.
    """

    base: float
    maximum: float
    jitter: float = 0.0

    def delay(self, attempts: int) -> float:
        """Seconds between the end of attempt number `attempts` (from 1) and the start of the next one."""
        try:
            delay = min(self.base**attempts, self.maximum)
        except OverflowError:
            delay = self.maximum
        return delay * (1 - self.jitter * random.random())
