"""queuectl run: as if the command ran here."""

import uuid

import pytest

from tests.cli.conftest import Queuectl
from tests.cli.terminal import Terminal
from tests.system import System


def test_output_comes_through_and_the_status_is_the_commands_own(queuectl: Queuectl) -> None:
    done = queuectl("run", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.status, done.out, done.err) == (7, "out\nerr\n", "")


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [("exit 0", 0, ""), ("kill -9 $$", 137, ""), ("kill -TERM $$", 143, "")],
)
def test_signals_are_told_as_a_shell_tells_them(queuectl: Queuectl, script: str, status: int, said: str) -> None:
    done = queuectl("run", "--", "sh", "-c", script)
    assert done.status == status
    assert said in done.err


def test_a_timeout_is_told(queuectl: Queuectl) -> None:
    done = queuectl("run", "--timeout", "0.2", "--", "sleep", "60")
    assert done.status != 0
    assert "timed out after 0.2 s" in done.err


def test_it_is_not_retried_unless_asked(system: System, queuectl: Queuectl) -> None:
    name = f"run-{uuid.uuid4().hex}"
    assert queuectl("run", "--id", name, "--", "false").status == 1
    assert system.job(name)["attempts"] == 1
    done = queuectl(
        "run", "--max-retries", "2", "--backoff-base", "0.01", "--", "sh", "-c", "echo $QUEUECTL_ATTEMPT; exit 1"
    )
    assert done.out == "1\n2\n3\n"


def test_the_first_interrupt_offers_to_cancel(system: System) -> None:
    name = f"run-{uuid.uuid4().hex}"
    terminal = Terminal(system, "run", "--id", name, "--", "sh", "-c", "echo started; sleep 600")
    terminal.shows("started")
    terminal.interrupts()
    terminal.shows(f"Cancel job {name}?")
    terminal.types("y\n")
    assert terminal.wait() == 130
    assert system.job(name)["state"] == "cancelled"


def test_a_second_interrupt_leaves_the_job_running(system: System) -> None:
    name = f"run-{uuid.uuid4().hex}"
    terminal = Terminal(system, "run", "--id", name, "--", "sh", "-c", "echo started; sleep 600")
    terminal.shows("started")
    terminal.interrupts()
    terminal.shows("Cancel job")
    terminal.interrupts()
    assert terminal.wait() == 130
    assert f"queuectl logs --follow {name}" in terminal.seen()
    assert system.job(name)["state"] == "processing"
    system.queuectl("delete", "--yes", "--force", name)
