"""Failed sign-ins, by address: who tries many is told to wait, and the log hears of it once."""

import logging
import math
import time
from dataclasses import dataclass
from ipaddress import ip_network

from fastapi import HTTPException

log = logging.getLogger("queuectl.api")

AT_ONCE = 10
EVERY_SECONDS = 6.0
MOST_ADDRESSES = 10_000


class TooManyFailures(HTTPException):
    """Too many sign-ins from there have failed."""

    def __init__(self, where: str, wait: float) -> None:
        seconds = math.ceil(wait)
        super().__init__(
            429,
            f"too many sign-ins from {where} have failed: try again in {seconds} s, with a token that is known here",
            headers={"Retry-After": str(seconds)},
        )


@dataclass(slots=True)
class _Failures:
    """`left`: how many may fail at once, as of `at`; `told`: that it is too many stands in the log."""

    left: float
    at: float
    told: bool = False


class Strangers:
    """The failures of this process. Good credentials are looked up first, so nobody is held up by what others do."""

    def __init__(self) -> None:
        self._of: dict[str, _Failures] = {}

    def failed(self, where: str) -> None:
        """Count a failure; raises TooManyFailures where there are too many: AT_ONCE, then one in EVERY_SECONDS."""
        now = time.monotonic()
        key = _network(where)
        failures = self._of.pop(key, None) or _Failures(AT_ONCE, now)
        self._of[key] = failures  # at the end: the one that is forgotten first is the one that failed last
        if len(self._of) > MOST_ADDRESSES:
            del self._of[next(iter(self._of))]
        failures.left = min(AT_ONCE, failures.left + (now - failures.at) / EVERY_SECONDS)
        failures.at = now
        if failures.left == AT_ONCE:
            failures.told = False
        if failures.left >= 1:
            failures.left -= 1
            return
        if not failures.told:
            failures.told = True
            log.warning("too many sign-ins from %s have failed: answering 429 to the next ones", where)
        raise TooManyFailures(where, (1 - failures.left) * EVERY_SECONDS)


def _network(where: str) -> str:
    """Whoever has one IPv6 address has 2^64 of them."""
    return str(ip_network(f"{where.partition('%')[0]}/64", strict=False)) if ":" in where else where
