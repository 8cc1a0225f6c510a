"""The delay between a failed attempt and the next one."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff: `base ** attempts` seconds, at most `maximum`.

    `jitter` (0..1): the fraction of the delay that is random, so that jobs that failed at the same time do not all
    retry at the same time.
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
