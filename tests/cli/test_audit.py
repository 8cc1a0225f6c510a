"""queuectl audit."""

import json
import uuid

from tests.cli.conftest import Queuectl
from tests.cli.terminal import Terminal
from tests.system import System


def lines(queuectl: Queuectl, *words: str) -> list[list[str]]:
    """The log without its times, newest first."""
    return [line.split("\t")[1:] for line in queuectl("audit", *words).out.splitlines()]


def test_it_shows_who_did_what_to_a_job(queuectl: Queuectl) -> None:
    job_id = f"a-{uuid.uuid4().hex}"
    queuectl("enqueue", "--id", job_id, "--delay", "600", "--", "true")
    queuectl("cancel", job_id)
    queuectl("delete", "--yes", job_id)
    who = ["QUEUECTL_TOKEN", "admin", "127.0.0.1"]
    told = lines(queuectl, "--job", job_id)
    assert [line[:5] for line in told] == [[*who, action, job_id] for action in ("delete", "cancel", "enqueue")]
    entries = json.loads(queuectl("audit", "--job", job_id, "--json").out)
    assert [entry["subject"] for entry in entries] == [job_id] * 3


def test_it_is_filtered_and_limited(queuectl: Queuectl) -> None:
    name = f"t{uuid.uuid4().hex}"
    secret = queuectl("token", "create", name).out.strip()
    ids = [queuectl("enqueue", "--delay", "600", "--", "true", env={"QUEUECTL_TOKEN": secret}).out for _ in range(3)]
    told = lines(queuectl, "--actor", name, "--all")
    assert [line[4] + "\n" for line in told] == ids[::-1]
    some = queuectl("audit", "--actor", name, "--limit", "2")
    assert some.out.count("\n") == 2
    assert "there are more" in some.err


def test_on_a_terminal_it_is_a_table(system: System) -> None:
    system.enqueue("true", delay=600)
    terminal = Terminal(system, "audit", "--limit", "1")
    assert terminal.wait() == 0
    assert "SUBJECT" in terminal.seen()
