"""Drops packets, as a firewall or a broken network does: nobody is told that they were lost."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.lacking import lacking


@contextmanager
def dropping(port: int) -> Iterator[None]:
    """Meanwhile all packets from and to that port of this host's loopback interface are dropped."""
    if os.geteuid() or not shutil.which("iptables"):
        lacking("packets cannot be dropped: that needs root and iptables (Debian: apt install iptables)")
    rules = [["--out-interface", "lo", "--protocol", "tcp", end, str(port)] for end in ("--dport", "--sport")]
    try:
        for rule in rules:
            _iptables("--insert", rule)
        yield
    finally:
        for rule in rules:
            _iptables("--delete", rule)


def _iptables(change: str, rule: list[str]) -> None:
    subprocess.run(["iptables", "--wait", change, "OUTPUT", *rule, "--jump", "DROP"], check=True)
