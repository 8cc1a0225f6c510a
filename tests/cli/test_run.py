"""queuectl run."""

import subprocess
import uuid
from pathlib import Path

import pytest

from queuectl_cli.client import Client
from queuectl_cli.credentials import Credentials
from queuectl_cli.streams import FIRST, Reconnect, output
from tests.cli.conftest import Queuectl
from tests.cli.terminal import Terminal
from tests.running import clean_environment
from tests.signed_in import TOKEN
from tests.system import System


def test_output_and_exit_status_are_the_commands_own(queuectl: Queuectl) -> None:
    done = queuectl("run", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.status, done.out, done.err) == (7, "out\nerr\n", "")


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [("exit 0", 0, ""), ("kill -9 $$", 137, ""), ("kill -TERM $$", 143, "")],
)
def test_signals_are_reported_as_a_shell_does(queuectl: Queuectl, script: str, status: int, said: str) -> None:
    done = queuectl("run", "--", "sh", "-c", script)
    assert done.status == status
    assert said in done.err


def test_a_timeout_is_reported(queuectl: Queuectl) -> None:
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


def test_with_a_key_the_same_call_follows_the_same_job(queuectl: Queuectl) -> None:
    words = ("run", "--idempotency-key", uuid.uuid4().hex, "--", "sh", "-c", "echo $QUEUECTL_JOB_ID; exit 3")
    first, again = queuectl(*words), queuectl(*words)
    assert first.status == 3
    assert again == first


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


def test_the_output_of_earlier_attempts_is_not_lost(system: System) -> None:
    job_id = system.enqueue("echo $QUEUECTL_ATTEMPT; exit 1", max_retries=2, backoff_base=0.01)
    system.in_state(job_id, "dead")
    client = Client(Credentials(system.url, TOKEN))
    assert b"".join(output(client, job_id, Reconnect(), begin=FIRST)) == b"1\n2\n3\n"
    assert b"".join(output(client, job_id, Reconnect())) == b"3\n"


NOT_PASSED_ON = "queuectl: standard input is not passed to the command (add </dev/null to silence this)\n"


def typed(system: System, script: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script."""
    environment = clean_environment(url=system.url)
    return subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("script", ["echo x | queuectl run cat", "queuectl run cat </etc/passwd"])
def test_input_that_is_not_passed_on_is_noted_once(system: System, script: str) -> None:
    done = typed(system, script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", NOT_PASSED_ON)


@pytest.mark.parametrize(
    "script",
    [
        "queuectl run true </dev/null",
        "queuectl run true <&-",
        "true | queuectl run true",
        "mkfifo $TMPDIR/silent; queuectl run true <>$TMPDIR/silent",
        "printf 'a\\nb\\n' >$TMPDIR/lines; while read line; do queuectl run true; done <$TMPDIR/lines",
        "echo x | queuectl enqueue true >/dev/null",
    ],
    ids=["null", "closed", "empty pipe", "silent pipe", "loop", "enqueue"],
)
def test_nothing_is_noted_without_input(system: System, script: str, tmp_path: Path) -> None:
    done = typed(system, f"TMPDIR={tmp_path}; {script}")
    assert done.stderr == ""
