"""The command of a job on the command line, with and without `--`."""

import json

import pytest

from tests.cli.conftest import Queuectl
from tests.cli.terminal import Terminal
from tests.system import Answered, System

LATER = ("--delay", "600")
DO = ("enqueue", *LATER)
RUN = ("run", "--detach", *LATER)


def command_of(system: System, done: Answered) -> str:
    """The command of the job whose id was printed."""
    assert (done.status, done.err) == (0, "")
    command: str = system.job(done.out.strip())["command"]
    return command


@pytest.mark.parametrize("before", [("enqueue",), DO, RUN], ids=["plainly", "enqueue", "run"])
@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["ls", "-la"], "ls -la"),
        (["echo", "hello world", "$HOME"], "echo 'hello world' '$HOME'"),
        (["ls", "--token", "x", "--json", "--url=y", "-q", "z", "--help"], "ls --token x --json --url=y -q z --help"),
        (["git", "log", "--", "file"], "git log -- file"),
        (["sleep 0 && echo x"], "sleep 0 && echo x"),
        (["--", "ls", "-la"], "ls -la"),
        (["--", "sleep 0 && echo x"], "'sleep 0 && echo x'"),
        (["--", "a", "--", "b"], "a -- b"),
        (["--", "-"], "-"),
        (["--", '{"command": "true"}'], '\'{"command": "true"}\''),
        (["--", "@x"], "@x"),
    ],
)
def test_all_words_after_the_first_belong_to_the_command(
    system: System, queuectl: Queuectl, before: tuple[str, ...], words: list[str], command: str
) -> None:
    assert command_of(system, queuectl(*before, *words)) == command


@pytest.mark.parametrize("first", ["enqueue", "run"])
def test_own_options_precede_the_first_word(system: System, queuectl: Queuectl, first: str) -> None:
    wait = ("--detach",) if first == "run" else ("--json",)
    done = queuectl(first, "-t", "ls", "-qmedia", "-p", "-3", "--delay=600", *wait, "ls", "-q", "other")
    job = system.job(done.out.strip() if first == "run" else json.loads(done.out)["id"])
    assert (job["command"], job["queue"], job["tags"], job["priority"]) == ("ls -q other", "media", ["ls"], -3)


def test_the_url_may_be_given_anywhere_before_the_first_word(system: System, queuectl: Queuectl) -> None:
    nowhere = {"QUEUECTL_URL": "http://127.0.0.1:1"}
    for words in (["--url", system.url, *DO], [*DO, "--url", system.url], [*DO, f"--url={system.url}", "--"]):
        assert command_of(system, queuectl(*words, "ls", "--url", "x", env=nowhere)) == "ls --url x"
    assert queuectl("dlq", "--url", system.url, "list", env=nowhere).status == 0
    assert queuectl("dlq", "list", "--url", system.url, env=nowhere).status == 0


def test_options_after_json_are_still_own_options(system: System, queuectl: Queuectl) -> None:
    done = queuectl("enqueue", '{"command": "true"}', "--delay", "600", "-q", "other", "-o", "json")
    assert json.loads(done.out)["queue"] == "other"


def test_a_single_word_is_a_shell_command_line(queuectl: Queuectl) -> None:
    done = queuectl("run", "echo one && echo two | tr o 0; exit 3")
    assert (done.status, done.out) == (3, "one\ntw0\n")
    assert queuectl("run", "sh", "-c", "exit 4").status == 4
    assert queuectl("run", "--", "echo one && echo two").status == 127, (
        "a single word after -- is the name of a program"
    )


def test_other_commands_end_their_options_with_the_dashes(system: System, queuectl: Queuectl) -> None:
    job_id = system.enqueue("true", delay=600)
    assert queuectl("show", "--", job_id).out.startswith(f"id            {job_id}\n")
    assert queuectl("cancel", "--", job_id).err == f"{job_id} is cancelled\n"


def test_run_detached_prints_the_id_and_returns(system: System, queuectl: Queuectl) -> None:
    done = queuectl("run", "-d", "sh", "-c", "exit 3")
    assert (done.status, done.err) == (0, "")
    assert system.in_state(done.out.strip(), "dead")["exit_code"] == 3


HINT = "is passed to the command: queuectl's own options go before it (put -- before the command to silence this)"


@pytest.mark.parametrize("before", [("enqueue",), RUN], ids=["enqueue", "run"])
def test_on_a_terminal_an_own_option_after_the_command_is_pointed_out(system: System, before: tuple[str, ...]) -> None:
    terminal = Terminal(
        system, *before, "echo", "hi", "--queue=x", "-q", "y", "--help", "--else", env={"COLUMNS": "200"}
    )
    assert terminal.wait() == 0
    said, job_id = terminal.seen().split("\r\n")[:2]
    assert said == f"queuectl: --queue {HINT}"
    assert system.job(job_id)["command"] == "echo hi --queue=x -q y --help --else"


@pytest.mark.parametrize(
    "words", [["--", "echo", "--queue", "x"], ["echo hi --queue x"], ["echo", "-q", "x"], ["echo", "--quiet"]]
)
def test_nothing_else_after_the_command_is_pointed_out(system: System, words: list[str]) -> None:
    for before in (("enqueue",), RUN):
        terminal = Terminal(system, *before, *words)
        assert terminal.wait() == 0
        assert terminal.seen().count("\r\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "nothing to run: give a COMMAND"),
        (["run", "--"], "nothing to run"),
        (["run", ""], "the command is empty"),
        (["run", "--", " "], "the command is empty"),
        (["enqueue", "--"], "nothing to enqueue"),
        (["enqueue", "-q", "x"], "nothing to enqueue"),
        (["enqueue", "--tag", "--", "true"], "Option '--tag' requires an argument."),
    ],
)
def test_no_command_is_wrong_usage(queuectl: Queuectl, words: list[str], said: str) -> None:
    done = queuectl(*words)
    assert (done.status, done.out) == (2, "")
    assert said in done.err
