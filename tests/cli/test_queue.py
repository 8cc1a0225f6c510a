"""queue list, pause, resume, limit, allow."""

import json
from typing import Any

import pytest

from tests.api.playing import unique
from tests.cli.conftest import Queuectl
from tests.system import System


def listed(queuectl: Queuectl, name: str) -> dict[str, Any] | None:
    """A queue as `queue list --json` has it."""
    items = json.loads(queuectl("queue", "list", "--json").out)
    return next((item for item in items if item["name"] == name), None)


def test_a_paused_queue_waits_until_it_is_resumed(queuectl: Queuectl, system: System) -> None:
    name = unique()
    assert queuectl("queue", "pause", name).err == f"{name} is paused: 0 jobs wait, 0 run on\n"
    job = system.enqueue("true", queue=name)
    assert f"{name}\tpaused\t1\t0\tnone\t4\t" in queuectl("queue", "list").out
    assert queuectl("queue", "resume", name).err.startswith(f"{name} is open: ")
    system.in_state(job, "completed")


def test_a_limit_is_set_and_taken_away(queuectl: Queuectl) -> None:
    name = unique()
    assert queuectl("queue", "limit", name, "2").err == f"{name} has the limit 2: 0 of its jobs run now\n"
    assert (listed(queuectl, name) or {})["concurrency_limit"] == 2
    assert queuectl("queue", "limit", name, "none").status == 0
    assert listed(queuectl, name) is None


def test_a_queue_takes_the_commands_that_are_named(queuectl: Queuectl) -> None:
    name = unique()
    done = queuectl("queue", "allow", name, "make *", "--", "rsync", "a b", "c")
    assert done.err == f"""{name} takes 'make *', "rsync 'a b' c"\n"""
    assert (listed(queuectl, name) or {})["commands"] == ["make *", "rsync 'a b' c"]
    assert "make *" in queuectl("queue", "list").out
    assert queuectl("enqueue", "--queue", name, "--delay", "600", "--", "rsync", "a b", "c").status == 0
    assert queuectl("enqueue", "--queue", name, "--", "rm", "-r", "/").status == 1
    assert queuectl("queue", "allow", name, "--any").err == f"{name} takes any command\n"
    assert (listed(queuectl, name) or {})["commands"] == ["*"]
    assert queuectl("enqueue", "--queue", name, "--delay", "600", "--", "true").status == 0
    assert queuectl("queue", "allow", name, "--default").err == f"{name} takes default-commands\n"
    assert (listed(queuectl, name) or {})["commands"] is None


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["limit", "q", "many"], 2, "N 'many': must be a whole number, or 'none'"),
        (["limit", "q", "-1"], 1, "concurrency_limit -1: must be greater than or equal to 1"),
        (["pause", "a b"], 1, "must be 1 to 64 letters"),
        (["allow", "q"], 2, "name the commands that the queue takes, or say --any or --default"),
        (["allow", "q", "make", "--any"], 2, "name the commands that the queue takes, or say --any or --default"),
        (["allow", "q", "make", "--default"], 2, "name the commands that the queue takes, or say --any or --default"),
        (["allow", "q", "--any", "--default"], 2, "name the commands that the queue takes, or say --any or --default"),
        (["pause"], 2, "Missing argument 'NAME'"),
    ],
)
def test_a_bad_change_is_told(queuectl: Queuectl, words: list[str], status: int, said: str) -> None:
    done = queuectl("queue", *words)
    assert (done.status, done.out) == (status, "")
    assert said in done.err
