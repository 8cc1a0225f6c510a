"""Scripts: unwritable outputs, closed inputs, and terminals with small character sets."""

import subprocess

import pytest

from tests.running import BIN, clean_environment
from tests.system import System


def shell(system: System, script: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script with `queuectl` on PATH."""
    environment = clean_environment(url=system.url) | more
    return subprocess.run(["sh", "-c", script], env=environment, capture_output=True, encoding="latin-1", timeout=60)


@pytest.mark.parametrize("words", ["list --all", "show JOB", "--help", "config list", "list --json", "status"])
@pytest.mark.parametrize("to", [">/dev/full", ">&-", "| true", "2>/dev/full >/dev/full", "<&-"])
def test_no_traceback_wherever_it_prints_to(system: System, words: str, to: str) -> None:
    job = system.enqueue("true")
    done = shell(system, f"queuectl {words.replace('JOB', job)} {to}; echo status $? >&2")
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr, done.stderr
    if to == ">/dev/full":
        told = "queuectl: cannot write the output: No space left on device\nstatus 1\n"
        assert done.stderr == told


@pytest.mark.parametrize("words", ["-- true", "--priority 1 -- true", '\'{"command": "true"}\'', "--json -- true"])
def test_a_job_whose_id_cannot_be_printed_is_named_with_a_status_of_its_own(system: System, words: str) -> None:
    done = shell(system, f"queuectl enqueue {words} >/dev/full; echo status $? >&2")
    said, status = done.stderr.splitlines()
    job = said.removeprefix("queuectl: job ").partition(" ")[0]
    assert (status, said) == (
        "status 5",
        f"queuectl: job {job} is enqueued, but the output cannot be written: No space left on device",
    )
    assert system.job(job)["command"] == "true"
    closed = shell(system, f"queuectl enqueue {words} >&-; echo status $? >&2")
    assert closed.stderr.endswith("but the output cannot be written: standard output is closed\nstatus 5\n")


def test_a_job_whose_output_cannot_be_written_is_named_with_a_status_of_its_own(system: System) -> None:
    done = shell(system, "queuectl run 'echo begun; exit 7' >/dev/full; echo status $? >&2")
    said, status = done.stderr.splitlines()
    job = said.removeprefix("queuectl: job ").partition(" ")[0]
    assert (status, said) == (
        "status 5",
        f"queuectl: job {job} is enqueued, but its output cannot be written: No space left on device",
    )
    assert system.in_state(job, "dead")["exit_code"] == 7


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_characters_that_a_terminal_does_not_know_are_shown_as_escapes(system: System, encoding: str) -> None:
    job = system.enqueue("echo \u2713 \u00fc")
    shown = shell(system, f"queuectl show {job}", PYTHONIOENCODING=encoding)
    assert (shown.returncode, "\\u2713" in shown.stdout) == (0, True), shown.stderr


def test_an_id_with_a_slash_is_none(system: System) -> None:
    done = shell(system, "queuectl show a/b")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def enqueued(system: System, content: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    """Enqueue from standard input."""
    words = [str(BIN / "queuectl"), "enqueue", "-", *options]
    return subprocess.run(words, env=clean_environment(url=system.url), input=content, capture_output=True, timeout=60)


def test_input_that_is_not_utf_8_is_refused(system: System) -> None:
    done = enqueued(system, b'{"command":\n "rm caf\xe9"}')
    assert (done.returncode, done.stderr) == (2, b"queuectl: stdin is not UTF-8: see byte 21\n")
    assert enqueued(system, b'{"command": "rm caf\xe9"}\n').returncode in (1, 2)


@pytest.mark.parametrize(
    ("content", "commands"),
    [
        (b'\xef\xbb\xbf{"command": "true"}', ["true"]),
        (b'{\n  "command": "a"\n}\n{\n  "command": "b"\n}\n', ["a", "b"]),
        (b'{\n  "command": "a"} {"command": "b"}', ["a", "b"]),
        (b'\n\n{"command": "a"}\n\n{"command": "b"}\n', ["a", "b"]),
        (b'\xef\xbb\xbf[{"command": "a"}]', ["a"]),
    ],
)
def test_objects_are_taken_however_they_are_laid_out(system: System, content: bytes, commands: list[str]) -> None:
    done = enqueued(system, content)
    assert [system.job(job)["command"] for job in done.stdout.decode().split()] == commands, done.stderr


@pytest.mark.parametrize("content", [b'{"command": "true"}', b'{"command": "true"}\n\n', b'{\n"command": "true"\n}'])
def test_options_go_with_one_object_however_it_is_laid_out(system: System, content: bytes) -> None:
    done = enqueued(system, content, "--tag", "z")
    assert system.job(done.stdout.decode().strip())["tags"] == ["z"], done.stderr


def test_lines_that_are_commands_are_refused_with_the_way_out(system: System) -> None:
    done = enqueued(system, b"echo one\necho two\n")
    assert done.returncode == 2
    assert b"jq -Rn '{command: inputs}' FILE | queuectl enqueue -" in done.stderr
