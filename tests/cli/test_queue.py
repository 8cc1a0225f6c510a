"""queuectl queue: list, pause, resume, limit, allow, delete."""

import json
from typing import Any

import pytest

from tests.cli.conftest import Queuectl
from tests.names import unique
from tests.system import System


def listed(queuectl: Queuectl, name: str) -> dict[str, Any] | None:
    """A queue from `queue list --json`."""
    items = json.loads(queuectl("queue", "list", "--json").out)
    return next((item for item in items if item["name"] == name), None)


def test_a_paused_queue_waits_until_it_is_resumed(queuectl: Queuectl, system: System) -> None:
    name = unique()
    new = f"queuectl: queue {name} is new and has no jobs yet\n"
    assert queuectl("queue", "pause", name).err == f"{new}{name} is paused: 0 ready, 0 still running\n"
    assert queuectl("queue", "pause", name).err == f"{name} is paused: 0 ready, 0 still running\n"
    job = system.enqueue("true", queue=name)
    assert f"{name}\tpaused\t1\t0\tnone\t4\t" in queuectl("queue", "list").out
    assert queuectl("queue", "resume", name).err.startswith(f"{name} is open: ")
    system.in_state(job, "completed")


def test_a_limit_is_set_and_removed(queuectl: Queuectl) -> None:
    name = unique()
    new = f"queuectl: queue {name} is new and has no jobs yet\n"
    assert queuectl("queue", "limit", name, "2").err == f"{new}{name} has the limit 2: 0 running\n"
    assert (listed(queuectl, name) or {})["concurrency_limit"] == 2
    assert queuectl("queue", "limit", name, "none").status == 0
    assert listed(queuectl, name) is None


def test_a_queue_accepts_the_allowed_commands(queuectl: Queuectl) -> None:
    name = unique()
    done = queuectl("queue", "allow", name, "make *", "--", "rsync", "a b", "c")
    new = f"queuectl: queue {name} is new and has no jobs yet\n"
    assert done.err == f"""{new}{name} accepts 'make *', "rsync 'a b' c"\n"""
    assert (listed(queuectl, name) or {})["commands"] == ["make *", "rsync 'a b' c"]
    assert "make *" in queuectl("queue", "list").out
    assert queuectl("enqueue", "--queue", name, "--delay", "600", "--", "rsync", "a b", "c").status == 0
    assert queuectl("enqueue", "--queue", name, "--", "rm", "-r", "/").status == 1
    assert queuectl("queue", "allow", name, "--any").err == f"{name} accepts any command\n"
    assert (listed(queuectl, name) or {})["commands"] == ["*"]
    assert queuectl("enqueue", "--queue", name, "--delay", "600", "--", "true").status == 0
    assert queuectl("queue", "allow", name, "--default").err == f"{name} accepts default-commands\n"
    assert (listed(queuectl, name) or {})["commands"] is None


def test_queues_are_deleted_once_they_are_empty(queuectl: Queuectl, system: System) -> None:
    held, set_up, unknown = (unique() for _ in range(3))
    job = system.enqueue("true", queue=held)
    system.in_state(job, "completed")
    queuectl("queue", "limit", set_up, "2")
    done = queuectl("queue", "delete", unknown, held, set_up, "--yes")
    assert (done.status, done.out) == (1, "")
    assert done.err == (
        f"queuectl: no queue has the name '{unknown}'\n"
        f"queuectl: queue '{held}' holds 1 job (1 completed): delete them, or move waiting ones to another"
        " queue\n"
        f"{set_up} is deleted\n"
    )
    queuectl("delete", "--yes", job)
    assert queuectl("queue", "delete", "-y", held).err == f"{held} is deleted\n"
    assert listed(queuectl, held) is listed(queuectl, set_up) is None


def test_a_queue_is_not_deleted_without_confirmation(queuectl: Queuectl) -> None:
    queuectl("queue", "pause", name := unique())
    done = queuectl("queue", "delete", name)
    assert (done.status, done.err) == (
        2,
        f"queuectl: Delete {name} and its settings? There is no terminal to ask on: confirm with --yes\n",
    )
    assert listed(queuectl, name) is not None


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["limit", "q", "many"], 2, "N 'many': must be a whole number, or 'none'"),
        (["limit", "q", "-1"], 1, "concurrency_limit -1: must be greater than or equal to 1"),
        (["pause", "a b"], 1, "must be 1 to 64 letters"),
        (["allow", "q"], 2, "give either the commands to accept, or --any, or --default"),
        (["allow", "q", "make", "--any"], 2, "give either the commands to accept, or --any, or --default"),
        (["allow", "q", "make", "--default"], 2, "give either the commands to accept, or --any, or --default"),
        (["allow", "q", "--any", "--default"], 2, "give either the commands to accept, or --any, or --default"),
        (["pause"], 2, "Missing argument 'NAME'"),
    ],
)
def test_a_bad_change_is_refused(queuectl: Queuectl, words: list[str], status: int, said: str) -> None:
    done = queuectl("queue", *words)
    assert (done.status, done.out) == (status, "")
    assert said in done.err
