"""Terminal escapes in the API's answers are shown as text."""

import uuid
from collections.abc import Iterator

import pytest

from tests.cli.servers import lying
from tests.cli.terminal import Terminal
from tests.signed_in import TOKEN
from tests.system import System

JOB, DEAD = "JOB", "DEAD"


@pytest.fixture(scope="module")
def liar(system: System) -> Iterator[System]:
    """The system behind a server that adds escapes to all texts."""
    with lying(system.url) as url:
        yield System(url)


@pytest.fixture(scope="module")
def jobs(system: System) -> dict[str, str]:
    """The ids of a pending and of a dead job."""
    name = uuid.uuid4().hex
    waits = system.enqueue("true", delay=600, tags=[name], env={"A": "b"}, cwd="/tmp")
    dead = system.enqueue("exit 4", max_retries=0, tags=[name])
    system.in_state(dead, "dead")
    assert system.queuectl("schedule", "add", f"s-{name}", "--cron", "0 0 1 1 *", "true").status == 0
    assert system.queuectl("schedule", "run", f"s-{name}").status == 0
    return {JOB: waits, DEAD: dead, "TAG": name}


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["list", "--tag", "TAG"], 0),
        (["show", DEAD], 0),
        (["show", DEAD, "--json"], 0),
        (["status"], 0),
        (["enqueue", "--delay", "600", "--", "true"], 0),
        (["enqueue", "--priority", "9999", "--", "true"], 1),
        (["cancel", "nobody"], 1),
        (["dlq", "list", "--tag", "TAG"], 0),
        (["schedule", "show", "s-TAG"], 0),
        (["schedule", "list", "--all"], 0),
        (["schedule", "history", "s-TAG"], 0),
        (["schedule", "add", "s TAG", "--every", "1h", "true"], 1),
        (["queue", "list"], 0),
        (["worker", "list"], 0),
        (["config", "list"], 0),
        (["config", "get", "nothing"], 1),
        (["audit", "--job", JOB], 0),
        (["audit", "--json", "--limit", "3"], 0),
        (["token", "list"], 0),
        (["token", "create", "t-TAG"], 0),
        (["token", "create", "t TAG"], 1),
        (["token", "link"], 0),
        (["token", "list", "--token", "wrong"], 0),
        (["login"], 0),
        (["logs", "nobody"], 1),
    ],
)
def test_nothing_acts_on_the_terminal(
    liar: System, jobs: dict[str, str], words: list[str], status: int, tmp_path: object
) -> None:
    for name, value in jobs.items():
        words = [word.replace(name, value) for word in words]
    done = liar.queuectl(*words, given=TOKEN, env={"HOME": str(tmp_path), "XDG_CONFIG_HOME": ""})
    assert done.status == status
    printed = (done.out + done.err).replace("\n", "").replace("\t", "")
    assert printed.isprintable()
    assert "owned" in printed or words[0] == "status", "the answer was manipulated"


def test_nothing_acts_in_a_table_either(liar: System, jobs: dict[str, str]) -> None:
    terminal = Terminal(liar, "list", "--tag", jobs["TAG"])
    assert terminal.wait() == 0
    assert "owned" in terminal.seen()
    assert not any(text in terminal.seen() for text in ("\x1b]", "\x07", "\u202e"))
