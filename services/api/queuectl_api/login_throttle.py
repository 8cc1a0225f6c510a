"""The login throttle: limits how many different secrets an address may try."""

import logging
import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network

from fastapi import HTTPException

from queuectl_core.model.errors import LinkUsed, UnknownSecret
from queuectl_core.model.token import hashed

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
    """`left`: how many wrong secrets may still be tried, as of `at`; `logged`: whether an excess was logged."""

    left: float
    at: float
    logged: bool = False


class LoginThrottle:
    """A token bucket per address, in one process: AT_ONCE wrong secrets, then one per EVERY_SECONDS.

    A secret that the address has tried before is free, since it reveals nothing new. So users who are signed in can
    work while somebody with the same address guesses, and a script with a revoked token locks nobody out.
    """

    def __init__(self) -> None:
        self._budgets: dict[str, _Budget] = {}
        self._tried: dict[tuple[str, str], None] = {}
        self._under_way: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def guess(self, address: str, secret: str) -> Iterator[None]:
        """Around the look-up of a secret. Raises TooManyGuesses before it, and what the look-up raises.

        A guess is charged in advance, so that concurrent guesses count as well, and refunded unless it is wrong.
        Look-ups of the same secret at the same time are one guess.
        """
        network = _network(address)
        tried = network, hashed(secret)
        if tried not in self._tried and tried not in self._under_way:
            self._pay(network, address)
        self._under_way[tried] += 1
        try:
            yield
        except (UnknownSecret, LinkUsed):
            self._remember(tried)
            raise
        else:
            if tried not in self._tried:
                self._refund(network)
            self._remember(tried)
        finally:
            self._under_way[tried] -= 1
            if not self._under_way[tried]:
                del self._under_way[tried]
                if tried not in self._tried:  # none of them was answered
                    self._refund(network)

    def _pay(self, network: str, address: str) -> None:
        now = time.monotonic()
        budget = self._budgets.pop(network, None) or _Budget(AT_ONCE, now)
        self._budgets[network] = budget  # at the end: the least recently charged address is forgotten first
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

    def _refund(self, network: str) -> None:
        if budget := self._budgets.get(network):
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
    """An IPv6 address counts as its /64 network, which is what one user has."""
    return str(ip_network(f"{address.partition('%')[0]}/64", strict=False)) if ":" in address else address
