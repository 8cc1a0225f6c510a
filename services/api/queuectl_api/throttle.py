"""The login throttle: how many different secrets an address may try, found out before any of them is looked up."""

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network

from fastapi import HTTPException

from queuectl_core.errors import LinkUsed, UnknownSecret
from queuectl_core.token import hashed

log = logging.getLogger("queuectl.api")

AT_ONCE = 10
EVERY_SECONDS = 6.0
MOST_ADDRESSES = 10_000
MOST_TRIED = 20_000


class TooManyGuesses(HTTPException):
    """The address has tried too many different secrets that are wrong."""

    def __init__(self, address: str, wait: float) -> None:
        seconds = math.ceil(wait)
        super().__init__(
            429,
            f"too many different tokens from {address} were wrong: this one was not tried, try again in {seconds} s",
            headers={"Retry-After": str(seconds)},
        )


@dataclass(slots=True)
class _Budget:
    """`left`: how many wrong secrets may still be tried at once, as of `at`; `logged`: that there were too many."""

    left: float
    at: float
    logged: bool = False


class LoginThrottle:
    """The guesses of one process, by address: AT_ONCE at a time, then one in EVERY_SECONDS.

    A secret that an address has tried before tells it nothing new, so it costs nothing: users who have signed in keep
    working while somebody behind the same address guesses, and a script with a revoked token locks nobody out.
    """

    def __init__(self) -> None:
        self._budgets: dict[str, _Budget] = {}
        self._tried: dict[tuple[str, str], None] = {}

    @contextmanager
    def guess(self, address: str, secret: str) -> Iterator[None]:
        """Around the look-up of a secret. Raises TooManyGuesses before it, and what the look-up raises.

        The guess is paid for in advance, so that many at the same time are no cheaper, and refunded unless it is wrong.
        """
        network = _network(address)
        tried = network, hashed(secret)
        known = tried in self._tried
        if not known:
            self._pay(network, address)
        try:
            yield
        except (UnknownSecret, LinkUsed):
            self._remember(tried)
            raise
        except BaseException:
            self._refund(network, known)
            raise
        self._refund(network, known)
        self._remember(tried)

    def _pay(self, network: str, address: str) -> None:
        now = time.monotonic()
        budget = self._budgets.pop(network, None) or _Budget(AT_ONCE, now)
        self._budgets[network] = budget  # at the end: the address that has paid longest ago is forgotten first
        if len(self._budgets) > MOST_ADDRESSES:
            del self._budgets[next(iter(self._budgets))]
        budget.left = min(AT_ONCE, budget.left + (now - budget.at) / EVERY_SECONDS)
        budget.at = now
        if budget.left == AT_ONCE:
            budget.logged = False
        if budget.left < 1:
            if not budget.logged:
                budget.logged = True
                log.warning("too many different tokens from %s were wrong: answering 429 to further ones", address)
            raise TooManyGuesses(address, (1 - budget.left) * EVERY_SECONDS)
        budget.left -= 1

    def _refund(self, network: str, known: bool) -> None:
        if not known and (budget := self._budgets.get(network)):
            budget.left += 1

    def _remember(self, tried: tuple[str, str]) -> None:
        self._tried.pop(tried, None)
        self._tried[tried] = None
        if len(self._tried) > MOST_TRIED:
            del self._tried[next(iter(self._tried))]


def same_network(one: str, other: str) -> bool:
    """Whether two addresses share a budget."""
    return _network(one) == _network(other)


def _network(address: str) -> str:
    """An IPv6 address counts as its /64 network, which is what one user is given."""
    return str(ip_network(f"{address.partition('%')[0]}/64", strict=False)) if ":" in address else address
