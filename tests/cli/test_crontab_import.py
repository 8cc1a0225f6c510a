"""queuectl schedule import: a crontab becomes schedules; what cannot be taken is told line by line."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Queuectl
from tests.names import unique


def crontab(mark: str) -> str:
    """A crontab whose commands, and thus names, contain the mark. Nothing fires during a test."""
    return f"""# m h dom mon dow command
SHELL=/bin/sh
PATH=/usr/bin:/bin
MAILTO=ops@example.com

30 2 1 1 * /opt/{mark} --full > /dev/null 2>&1
@reboot /opt/{mark} --boot
61 * * * * /opt/{mark} minute
CRON_TZ=Asia/Tokyo
@yearly\tmail {mark}%Happy new year%
0 0 1 1 * date +\\%F; {mark}
30 3 1 1 * /opt/{mark} --again
"""


def told(mark: str, file: str) -> list[str]:
    """What is said of its lines."""
    return [
        f"queuectl: {file}: line 4: MAILTO is not taken: no mail is sent. Output is kept: queuectl logs",
        f"queuectl: {file}: line 7: @reboot is not taken: a queue has no boot. Enqueue the command when the machine"
        " starts, for example from a systemd unit",
    ]


def shown(queuectl: Queuectl, name: str) -> dict[str, Any]:
    """A schedule."""
    found: dict[str, Any] = json.loads(queuectl("schedule", "show", name, "--json").out)
    return found


def test_entries_become_schedules_and_other_lines_are_told(queuectl: Queuectl, tmp_path: Path) -> None:
    mark, file = unique(), tmp_path / "crontab"
    file.write_text(crontab(mark))
    words = ("schedule", "import", str(file), "--timezone", "Europe/Berlin", "--queue", "cron", "--env", "A=b")
    done = queuectl(*words)
    names = [mark, f"mail-{mark}", f"date-F-{mark}", f"{mark}-2"]
    assert (done.status, done.out.splitlines()) == (1, names)
    said = done.err.splitlines()
    assert said[:2] == told(mark, str(file))
    assert said[2].startswith(f"queuectl: {file}: line 8: cron ")
    assert "has an invalid minute '61': use 0 to 59" in said[2]
    assert said[3:] == ["4 schedules created", "3 lines not taken"]
    env = {"PATH": "/usr/bin:/bin", "A": "b"}
    found = [shown(queuectl, name) for name in names]
    assert [(item["cron"], item["timezone"], item["job"]["command"]) for item in found] == [
        ("30 2 1 1 *", "Europe/Berlin", f"/opt/{mark} --full > /dev/null 2>&1"),
        ("@yearly", "Asia/Tokyo", f"exec <<'EOF'\nHappy new year\nEOF\nmail {mark}"),
        ("0 0 1 1 *", "Asia/Tokyo", f"date +%F; {mark}"),
        ("30 3 1 1 *", "Asia/Tokyo", f"/opt/{mark} --again"),
    ]
    assert all((item["job"]["queue"], item["job"]["env"]) == ("cron", env) for item in found)

    again = queuectl(*words)
    assert (again.status, again.out.splitlines()) == (1, names)
    assert again.err.splitlines()[3:] == ["0 schedules created, 4 existed already", "3 lines not taken"]
    assert [shown(queuectl, name) for name in names] == found


def test_a_crontab_that_is_taken_as_a_whole_exits_with_0(queuectl: Queuectl) -> None:
    mark = unique()
    done = queuectl("schedule", "import", "-", "--json", given=f"RANDOM_DELAY=5\nHOME=/srv\n@yearly {mark}\n")
    assert (done.status, done.err) == (0, "1 schedule created\n")
    [schedule] = json.loads(done.out)
    assert (schedule["name"], schedule["jitter"], schedule["job"]["cwd"]) == (mark, 300, "/srv")


def test_a_different_schedule_of_that_name_is_left_alone(queuectl: Queuectl) -> None:
    mark = unique()
    queuectl("schedule", "add", mark, "--cron", "@yearly", "--timezone", "UTC", "--", mark, "x")
    before = shown(queuectl, mark)
    given = f"CRON_TZ=UTC\n@yearly {mark}\n@yearly {mark} -n\n"
    done = queuectl("schedule", "import", "-", given=given)
    assert (done.status, done.out) == (1, f"{mark}-2\n")
    assert f"stdin: line 2: schedule '{mark}' exists already and is different" in done.err
    assert shown(queuectl, mark) == before


def test_the_user_of_a_system_crontab_is_told(queuectl: Queuectl) -> None:
    mark = unique()
    given = f"@yearly root {mark} 1\n@yearly root {mark} 2\n@yearly www {mark} 3\n"
    done = queuectl("schedule", "import", "-", "--system", given=given)
    assert (done.status, done.out.split()) == (0, [f"{mark}-1", f"{mark}-2", f"{mark}-3"])
    assert done.err.splitlines() == [
        "stdin: line 1: it will run as the user of the worker, not as root",
        "stdin: line 3: it will run as the user of the worker, not as www",
        "3 schedules created",
    ]


def test_a_dry_run_prints_commands_that_do_the_same(queuectl: Queuectl) -> None:
    mark = unique()
    given = crontab(mark).replace("61 *", "1 1") + "HOME=/srv\n@yearly { a\t'b'; }\n@yearly -x\n"
    options = ("--max-retries", "0", "--tag", mark, "--limit", "memory=1G", "--timeout", "1.5", "--no-sandbox")
    done = queuectl("schedule", "import", "-", "--dry-run", *options, given=given)
    assert done.status == 1
    assert done.err.splitlines() == [*told(mark, "stdin"), "2 lines not taken"]
    assert queuectl("schedule", "show", mark).status == 1
    commands = list[list[str]]()
    for word in shlex.split(done.out):
        if word == "queuectl":
            commands.append([])
        else:
            commands[-1].append(word)
    assert len(commands) == 7
    dry = list[dict[str, Any]]()
    for number, words in enumerate(commands):
        words[2] = f"{mark}-dry-{number}"
        assert queuectl(*words).status == 0
        dry.append(shown(queuectl, words[2]))
    real = queuectl("schedule", "import", "-", *options, given=given)
    for mine, name in zip(dry, real.out.splitlines(), strict=True):
        its = shown(queuectl, name)
        if its["job"]["command"] not in ("{ a\t'b'; }", "-x"):
            assert mine["job"]["command"] == its["job"]["command"]
        for schedule in (mine, its):
            del schedule["name"], schedule["job"]["command"], schedule["next_at"]
            del schedule["created_at"], schedule["updated_at"]
        assert mine == its
    assert dry[-2]["cron"] == "@yearly"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["/nowhere/crontab"], "/nowhere/crontab: No such file or directory"),
        (["/etc/crontab"], "/etc/crontab has a user before each command: add --system"),
        (["/etc/cron.d/x"], "/etc/cron.d/x has a user before each command: add --system"),
        ([], "Missing argument"),
    ],
)
def test_a_file_that_cannot_be_imported_is_wrong_usage(queuectl: Queuectl, words: list[str], said: str) -> None:
    done = queuectl("schedule", "import", *words)
    assert (done.status, done.out, said in done.err) == (2, "", True)
