"""--lock of jobs, and queuectl lock list."""

import json

import pytest

from tests.cli.conftest import Queuectl
from tests.names import unique


def test_locks_are_listed(queuectl: Queuectl) -> None:
    key = unique()
    queuectl("enqueue", "--lock", f"{key}=3", "--delay", "1h", "--", "true")
    assert f"{key}\t3\t0\t1\n" in queuectl("lock", "list").out
    assert {"key": key, "limits": [3], "running": 0, "waiting": 1} in json.loads(queuectl("lock", "list", "--json").out)
    assert key in queuectl("lock", "list", "-o", "ids").out.splitlines()


def test_a_lock_is_shown_and_edited(queuectl: Queuectl) -> None:
    key = unique()
    job = queuectl("enqueue", "--lock", key, "--delay", "1h", "--", "true").out.strip()
    assert f"lock {key}\n" in _squeezed(queuectl("show", job).out)
    assert queuectl("edit", job, "--lock", f"{key}=2").status == 0
    assert f"lock {key}=2\n" in _squeezed(queuectl("show", job).out)


def _squeezed(text: str) -> str:
    return "".join(" ".join(line.split()) + "\n" for line in text.splitlines())


@pytest.mark.parametrize("lock", ["", "=3", "db=", "db=0", "db=-1", "db=x", "db=1.5"])
def test_a_bad_lock_is_wrong_usage(queuectl: Queuectl, lock: str) -> None:
    refused = queuectl("enqueue", f"--lock={lock}", "--", "true")
    assert refused.status == 2
    assert "--lock" in refused.err
    assert refused.out == ""
