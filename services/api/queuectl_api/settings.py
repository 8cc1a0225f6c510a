"""Settings of the API (`QUEUECTL_…`), in addition to the common ones."""

import re
from ipaddress import ip_address
from pathlib import Path
from socket import getaddrinfo
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from queuectl_core.model.token import LONGEST, SHORTEST
from queuectl_core.settings import Settings

HOST_NAME = re.compile(r"(?!.{254})[a-z0-9_][a-z0-9_-]{0,62}(\.[a-z0-9_][a-z0-9_-]{0,62})*")
"""In lower case."""

LEAST_GUESSES_LOG10 = 14
"""The least strength of a token that somebody has chosen. 16 random hexadecimal digits are estimated at 15."""

GUESSED_WORDS = ["queuectl", "queue", "token", "secret", "admin", "change", "changeme", "password", "worker", "job"]

ESTIMATED_CHARACTERS = 72
"""The most characters for which the strength is estimated, as the time grows with them."""


class ApiSettings(Settings):
    """`bind`: addresses to listen on, separated by commas; `dashboard_dir`: the built page, served at / if given.

    `token`: see first_token.py; "" for none. `audit_days`: how long entries of the audit log are kept. `allowed_hosts`:
    names of this server, separated by commas; `proxies`: those whose X-Forwarded-… headers are trusted; `batch_bytes`:
    the largest batch of jobs; `access_log`: whether each request is logged.
    """

    bind: str = "127.0.0.1:8000"
    api_processes: Annotated[int, Field(ge=1, le=64)] = 2
    dashboard_dir: Path | None = None
    dashboard_url: str = ""
    token: SecretStr = SecretStr("")
    auth: Literal["on", "off"] = "on"
    audit_days: Annotated[float, Field(ge=1, le=36_500)] = 90
    allowed_hosts: str = ""
    proxies: str = ""
    batch_bytes: Annotated[int, Field(ge=1)] = 1 << 30
    access_log: bool = False

    @property
    def hosts(self) -> frozenset[str]:
        """The names in `allowed_hosts`, in addition to those of this machine."""
        return frozenset(_listed(self.allowed_hosts.lower()))

    @property
    def proxy_names(self) -> tuple[str, ...]:
        """Host names and addresses of `proxies`."""
        return _listed(self.proxies)

    @property
    def authenticates(self) -> bool:
        """Whether requests must be authenticated."""
        return self.auth == "on"

    @field_validator("bind")
    @classmethod
    def _addresses(cls, bind: str) -> str:
        for address in bind.split(","):
            host, _, port = address.strip().rpartition(":")
            if not host or not port.isdigit() or not 0 < int(port) < 65536:
                raise ValueError(f"must be HOST:PORT, or several separated by commas, not {bind!r}")
            if ":" in host and not re.fullmatch(r"\[[0-9a-fA-F:.]+\]", host):
                raise ValueError(f"must hold IPv6 addresses in brackets, as in [::1]:8000, not {bind!r}")
        return bind

    @field_validator("allowed_hosts")
    @classmethod
    def _names(cls, hosts: str) -> str:
        for host in _listed(hosts):
            if not HOST_NAME.fullmatch(host.lower()):
                raise ValueError(f"must be host names separated by commas, without ports or wildcards, not {host!r}")
        return hosts

    @field_validator("proxies")
    @classmethod
    def _proxies(cls, proxies: str, others: ValidationInfo) -> str:
        if proxies and others.data.get("auth") == "off":
            raise ValueError("must be left out with QUEUECTL_AUTH=off: a proxy lets in others than this machine")
        for proxy in _listed(proxies):
            if not HOST_NAME.fullmatch(proxy.lower()) and not is_address(proxy):
                raise ValueError(f"must be host names or addresses separated by commas, not {proxy!r}")
        return proxies

    @field_validator("token")
    @classmethod
    def _hard_to_guess(cls, token: SecretStr) -> SecretStr:
        if token and not re.fullmatch(f"[!-~]{{{SHORTEST},{LONGEST}}}", token.get_secret_value()):
            raise ValueError(f"must be {SHORTEST} to {LONGEST} visible ASCII characters, without spaces")
        if token and _guesses_log10(token.get_secret_value()) < LEAST_GUESSES_LOG10:
            raise ValueError("is too easy to guess: take a random one, such as 'openssl rand -hex 32' prints")
        return token

    @field_validator("auth")
    @classmethod
    def _off_for_this_machine_only(cls, auth: str, others: ValidationInfo) -> str:
        for address in others.data.get("bind", "").split(",") if auth == "off" else ():
            if not _is_loopback(address.strip().rpartition(":")[0]):
                raise ValueError(
                    f"others than this machine could reach {address.strip()}, which is in QUEUECTL_BIND:"
                    " leave QUEUECTL_AUTH out, or listen on 127.0.0.1 alone"
                )
        return auth


def _guesses_log10(token: str) -> float:
    """The estimated number of guesses, as a power of 10, of an attacker who knows words, names and patterns."""
    from zxcvbn import zxcvbn  # takes 0.2 s and is rarely needed

    estimate: dict[str, Any] = zxcvbn(token[:ESTIMATED_CHARACTERS], user_inputs=GUESSED_WORDS)
    return float(estimate["guesses_log10"])


def is_address(text: str) -> bool:
    """Whether it is an IP address, not a name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _is_loopback(host: str) -> bool:
    """Whether only this machine can reach it: all addresses of a name must be loopback."""
    try:
        found = getaddrinfo(host.removeprefix("[").removesuffix("]"), None)
    except (OSError, UnicodeError):
        return False
    return all(ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)
