"""Aliases, suggestions for typos, and ids as the only output."""

import json
import uuid

import pytest

from tests.cli.conftest import Queuectl
from tests.system import System


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["enqeue", "ls"], 2, "Did you mean 'enqueue'"),
        (["queue", "paus", "x"], 2, "Did you mean 'pause'?"),
        (["config", "gett", "x"], 2, "Did you mean 'get'"),
        (["run", "--detatch", "ls"], 2, "No such option: --detatch. Did you mean '--detach'?"),
        (["list", "--quueue", "x"], 2, "No such option: --quueue. Did you mean '--queue'?"),
        (["--versoin"], 2, "No such option: --versoin. Did you mean '--version'?"),
        (["run", "--json", "ls"], 2, "No such option: --json\n"),
        (["list", "--jsn"], 2, "Did you mean '--json'?"),
        (["list", "--state", "pending,ded"], 1, "(did you mean 'dead'?)"),
        (["config", "get", "max-retires"], 1, "(did you mean 'max-retries'?)"),
        (["config", "set", "max_retries", "1"], 1, "(did you mean 'max-retries'?)"),
        (["config", "unset", "timout"], 1, "(did you mean 'timeout'?)"),
        (["list", "-o", "jsno"], 2, "'jsno' is not one of 'table', 'json', 'ids'"),
    ],
)
def test_a_near_miss_is_answered_with_the_right_word(
    queuectl: Queuectl, words: list[str], status: int, said: str
) -> None:
    done = queuectl(*words)
    assert (done.status, done.out) == (status, "")
    assert said in done.err
    assert "Traceback" not in done.err


def test_an_unknown_queue_is_reported(system: System, queuectl: Queuectl) -> None:
    name = f"q{uuid.uuid4().hex}"
    system.enqueue("true", queue=name, delay=600)
    for words in (["list"], ["dlq", "list"]):
        done = queuectl(*words, "-q", f"{name}s")
        assert (done.status, done.out) == (0, "")
        assert done.err == f"no queue named '{name}s'. Did you mean '{name}'?\n"
    assert queuectl("list", "-q", name, "--tag", "none").err == ""
    told = f"queue {name}s is new and has no jobs yet. Did you mean '{name}'?"
    assert told in queuectl("queue", "pause", f"{name}s").err
    assert "Did you mean" not in queuectl("queue", "pause", name).err


def test_aliases_run_their_commands(system: System, queuectl: Queuectl) -> None:
    name = uuid.uuid4().hex
    waiting, done = system.enqueue("true", queue=name, delay=600), system.enqueue("true", queue=name)
    system.in_state(done, "completed")
    assert queuectl("ls", "-q", name, "-o", "ids").out == f"{done}\n{waiting}\n"
    assert queuectl("--url", system.url, "ps", "-q", name, "-o", "ids").out == f"{waiting}\n"
    assert queuectl("kill", waiting).err == f"{waiting} is cancelled\n"
    assert queuectl("rm", "-y", waiting, done).err == f"{waiting} is deleted\n{done} is deleted\n"


def test_the_help_names_aliases_but_does_not_list_them_as_commands(queuectl: Queuectl) -> None:
    out = queuectl("--help").out
    commands = out.partition("Commands:")[2].partition("Aliases:")[0]
    assert {line.split()[0] for line in commands.splitlines() if line.strip()} >= {"list", "delete", "cancel", "rerun"}
    assert not any(f"\n  {alias} " in commands for alias in ("ls", "ps", "rm", "kill"))
    assert "ls = list; ps = list --state pending,processing,failed; rm = delete" in " ".join(out.split())
    assert "Aliases: rm = delete." in queuectl("rm", "--help").out
    assert queuectl("enqueue", "--delay", "600", "ls").status == 0


def test_ids_are_printed_one_per_line(system: System, queuectl: Queuectl) -> None:
    name = uuid.uuid4().hex
    job_id = queuectl("enqueue", "-q", name, "--delay", "600", "-o", "ids", "true").out.strip()
    assert queuectl("list", "-q", name, "-o", "ids").out == f"{job_id}\n"
    assert json.loads(queuectl("list", "-q", name, "-o", "json").out)[0]["id"] == job_id
    assert name in queuectl("queue", "list", "-o", "ids").out.splitlines()
    assert "max-retries" in queuectl("config", "list", "-o", "ids").out.splitlines()
    [worker] = system.get("/api/workers")["items"]
    assert queuectl("worker", "list", "-o", "ids").out == f"{worker['id']}\n"
    assert queuectl("status", "-o", "ids").status == 2, "status has no ids"


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_is_printed(queuectl: Queuectl, option: str) -> None:
    assert queuectl(option).out.startswith("queuectl ")
