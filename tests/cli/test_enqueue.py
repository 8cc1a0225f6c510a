"""queuectl enqueue: commands, JSON, files and stdin."""

import json
import uuid
from pathlib import Path

import pytest

from tests.cli.conftest import Queuectl
from tests.system import System


def test_words_after_the_dashes_reach_the_command_as_typed(system: System, queuectl: Queuectl) -> None:
    words = ["printf", "%s|", "two  spaces", "$HOME", "it's", "*", "--flag", "", "a;b"]
    done = queuectl("enqueue", "--wait", "--", *words)
    job_id = done.out.strip()
    assert (done.status, done.err) == (0, "")
    assert system.log(job_id) == "two  spaces|$HOME|it's|*|--flag||a;b|"


def test_options_become_the_jobs_fields(system: System, queuectl: Queuectl) -> None:
    name = f"opt-{uuid.uuid4().hex}"
    done = queuectl(
        "enqueue", "--id", name, "--queue", "later", "--priority", "-3", "--delay", "600", "--max-retries", "0",
        "--backoff-base", "1.5", "--timeout", "9", "--env", "A=b=c", "--env", "E=", "--cwd", "/tmp", "--tag", "x",
        "--tag", "y", "--limit", "memory=512M", "--limit", "processes=20", "--limit", "cpu=1.5m",
        "--limit", "file_size=1g", "--sandbox", "--description", "for the archive", "--", "true",
    )  # fmt: skip
    assert done.out == f"{name}\n"
    job = system.job(name)
    expected = {"queue": "later", "priority": -3, "max_retries": 0, "backoff_base": 1.5, "timeout": 9, "cwd": "/tmp",
                "env": {"A": "b=c", "E": ""}, "tags": ["x", "y"], "state": "pending", "sandbox": True,
                "description": "for the archive",
                "limits": {"memory": 512 << 20, "processes": 20, "cpu": 90, "file_size": 1 << 30}}  # fmt: skip
    assert {key: job[key] for key in expected} == expected
    assert "description   for the archive" in queuectl("show", name).out
    assert queuectl("list", "--search", "ARCHIVE", "--queue", "later").out.endswith("\tfor the archive\n")


def test_json_on_the_command_line_with_an_option_on_top(system: System, queuectl: Queuectl) -> None:
    name = f"json-{uuid.uuid4().hex}"
    done = queuectl("enqueue", json.dumps({"id": name, "command": "true", "delay": 600}), "--queue", "q", "--json")
    assert json.loads(done.out)["id"] == name
    assert system.job(name)["queue"] == "q"


def test_several_jobs_as_json_come_together_or_not_at_all(system: System, queuectl: Queuectl) -> None:
    first, second = (json.dumps({"id": f"json-{uuid.uuid4().hex}", "command": "true"}) for _ in range(2))
    done = queuectl("enqueue", first, second, "--json")
    assert json.loads(done.out)["count"] == 2
    again = json.dumps({"id": f"json-{uuid.uuid4().hex}", "command": "true"})
    assert "line 2" in queuectl("enqueue", again, first).err
    assert queuectl("show", json.loads(again)["id"]).status == 1


def test_files_and_standard_input(queuectl: Queuectl, tmp_path: Path) -> None:
    pretty, array, lines = tmp_path / "job.json", tmp_path / "jobs.json", tmp_path / "jobs.ndjson"
    pretty.write_text('{\n  "command": "true"\n}\n')
    array.write_text('[\n{"command": "true"},\n{"command": "true"}\n]')
    lines.write_text('{"command": "true"}\n\n{"command": "true"}\n{"command": "true"}')
    counts = [len(queuectl("enqueue", f"@{path}").out.splitlines()) for path in (pretty, array, lines)]
    assert counts == [1, 2, 3]
    assert len(queuectl("enqueue", "-", given=lines.read_text()).out.splitlines()) == 3


def test_with_a_key_the_same_call_prints_the_same_ids(queuectl: Queuectl, tmp_path: Path) -> None:
    lines = '{"command": "true"}\n{"command": "true"}\n'
    pretty = tmp_path / "job.json"
    pretty.write_text('{\n"command": "true"\n}')
    for words, given in (
        (["--delay", "60", "--", "true"], ""),
        (['{"command": "true"}'], ""),
        ([f"@{pretty}"], ""),
        (["-"], lines),
        (["-"], '[{"command": "true"}, {"command": "true"}]'),
        (["-"], lines.replace(", ", ",\n ").replace('{"', '{\n"')),
    ):
        key = uuid.uuid4().hex
        first, again = (queuectl("enqueue", "--idempotency-key", key, *words, given=given) for _ in range(2))
        assert (first.status, first.err) == (0, "")
        assert again == first
        other = queuectl("enqueue", "--idempotency-key", key, "--", "false")
        assert other.status == 1
        assert "this Idempotency-Key was used for another request" in other.err


def test_many_jobs_are_streamed(queuectl: Queuectl) -> None:
    line = json.dumps({"command": "true", "delay": 86_400})
    done = queuectl("enqueue", "-", given="\n".join([line] * 20_000))
    assert len(set(done.out.splitlines())) == 20_000


def test_the_progress_of_a_large_file_is_shown_on_a_terminal(system: System, tmp_path: Path) -> None:
    from tests.cli.terminal import Terminal

    path = tmp_path / "jobs.ndjson"
    path.write_text((json.dumps({"command": "true # " + "x" * 1000, "delay": 86_400}) + "\n") * 1500)
    terminal = Terminal(system, "enqueue", f"@{path}")
    assert terminal.wait() == 0
    assert "100%" in terminal.seen()


@pytest.mark.parametrize(
    ("words", "given", "status", "said"),
    [
        (["enqueue"], "", 2, "nothing to enqueue: give a COMMAND, JSON, @FILE or -"),
        (["enqueue", "{ echo hi; }"], "", 2, "is not valid JSON: Expecting property name"),
        (
            ["enqueue", "[ -f x ]"],
            "",
            2,
            "put a command that starts like this after --: -- sh -c COMMAND",
        ),
        (["enqueue", '{"command": "true"}', "ls"], "", 2, "argument 2 is not valid JSON"),
        (["enqueue", '{"command": "a"}', '{"command": "b"}', "-q", "x"], "", 2, "options apply to a single job"),
        (["enqueue", " "], "", 2, "the command is empty"),
        (["enqueue", "[1]"], "", 2, "must contain JSON objects"),
        (["enqueue", '{"command": "a", "command": "b"}'], "", 2, "the argument: 'command' is given twice"),
        (["enqueue", "-"], '{"command": "a",\n"env": {"A": "1", "A": "2"}}', 2, "stdin: 'A' is given twice"),
        (["enqueue", "-"], '{"command": "a", "command": "b"}', 1, "line 1: command: is given twice"),
        (["enqueue", "--idempotency-key", "", "--", "true"], "", 2, "--idempotency-key: must be 1 to 255 ASCII"),
        (["run", "--idempotency-key", "nächtlich", "--", "true"], "", 2, "--idempotency-key: must be 1 to 255"),
        (["enqueue", "--idempotency-key", "a\nb", "--", "true"], "", 2, "--idempotency-key: must be 1 to 255"),
        (["enqueue", '{"command": "true", "colour": "red"}'], "", 1, "colour: unknown field"),
        (["enqueue", '{"command": "true"}', "--", "true"], "", 2, "either as JSON or as a command"),
        (["enqueue", "--", ""], "", 2, "the command is empty"),
        (["enqueue", "@/nowhere.json"], "", 2, "/nowhere.json: No such file"),
        (["enqueue", "-"], "", 2, "stdin is empty"),
        (["enqueue", "-"], '{"command": "a"}\n{"command": ""}', 1, "line 2: command"),
        (["enqueue", "-"], '[{"command": "a"}, 7]', 1, "item 2"),
        (["enqueue", "-", "--queue", "x"], '{"command": "a"}\n{"command": "b"}\n', 2, "options apply to a single job"),
        (["enqueue", "--max-retries", "-1", "--", "true"], "", 1, "max_retries -1: must be greater than or equal to 0"),
        (["enqueue", "--timeout", "nan", "--", "true"], "", 2, "must be a duration like 90"),
        (["enqueue", "--limit", "memory", "--", "true"], "", 2, "--limit 'memory': must be a size like 1048576, 512M"),
        (["enqueue", "--limit", "cpu=soon", "--", "true"], "", 2, "--limit 'cpu=soon': must be a duration like 90"),
        (["enqueue", "--limit", "processes=1k", "--", "true"], "", 2, "--limit 'processes=1k': must be a whole number"),
        (["enqueue", "--limit", "disk=1G", "--", "true"], "", 2, "must be memory=…, processes=…, cpu=… or file_size=…"),
        (["enqueue", "--limit", "memory=0", "--", "true"], "", 1, "limits.memory 0: must be greater than or equal to"),
        (["enqueue", "--at", "tomorrow", "--", "true"], "", 2, "--at 'tomorrow': must be a time like"),
        (["enqueue", "--id", "a/b", "--", "true"], "", 1, "id"),
    ],
)
def test_bad_input_is_one_clear_line(queuectl: Queuectl, words: list[str], given: str, status: int, said: str) -> None:
    done = queuectl(*words, given=given)
    assert (done.status, done.out) == (status, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert done.err.startswith("queuectl: ")
