"""--env and --env-file."""

from pathlib import Path

import pytest

from tests.cli.conftest import Queuectl
from tests.system import System

HUSH = "hush"


def test_a_name_alone_takes_the_value_from_here(system: System, queuectl: Queuectl) -> None:
    given = {"HERE": "two  words=x", "EMPTY": ""}
    done = queuectl("enqueue", "--delay", "600", "-e", "HERE", "-e", "EMPTY", "-e", "B=1", "true", env=given)
    assert system.job(done.out.strip())["env"] == {"HERE": "two  words=x", "EMPTY": "", "B": "1"}


def test_a_file_is_read_as_docker_reads_it(system: System, queuectl: Queuectl, tmp_path: Path) -> None:
    first, second = tmp_path / "first.env", tmp_path / "second.env"
    first.write_bytes(
        b'\xef\xbb\xbf# a comment\n\nA=1\n  B="quoted" # and no comment\r\nC= spaces stay \nD=a=b\nE=\n'
        b"FROM_HERE\n #X=1\nLAST=\xc3\xbc"
    )
    second.write_text("A=2\nF=file\n")
    words = ["--env-file", str(first), "--env-file", str(second), "--env", "F=option"]
    done = queuectl("enqueue", "--delay", "600", *words, "true", env={"FROM_HERE": "x"})
    assert done.err == ""
    assert system.job(done.out.strip())["env"] == {
        "A": "2", "B": '"quoted" # and no comment', "C": " spaces stay ", "D": "a=b", "E": "", "FROM_HERE": "x",
        "LAST": "\u00fc", "F": "option",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"A=1\nUNSET_HERE\n", "FILE: line 2: UNSET_HERE is not set in this shell: set it, or use NAME=VALUE"),
        (b"A-B=hush\n", "FILE: line 1: it must be NAME=VALUE, or the NAME of a variable"),
        (b"export A=hush\n", "FILE: line 1: it must be NAME=VALUE"),
        (b"=hush\n", "FILE: line 1: it must be NAME=VALUE"),
        (b"KEY=first\nhush-of-the-next-line=\n", "FILE: line 2: it must be NAME=VALUE"),
        (b"A=1\n\n#\nhush and more\n", "FILE: line 4: it must be NAME=VALUE, or the NAME of a variable"),
        (b"A=hush\xff\n", "FILE is not UTF-8: see byte 7"),
        (b"A=hush\0\n", "has an invalid value for A"),
        (b"QUEUECTL_JOB_ID=hush\n", "names starting with QUEUECTL_ are reserved"),
    ],
)
def test_errors_name_the_variable_but_never_a_value(
    queuectl: Queuectl, tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "x.env"
    path.write_bytes(content)
    done = queuectl("enqueue", "--env-file", str(path), "true")
    assert done.status in (1, 2)
    assert said.replace("FILE", f"--env-file {path}") in done.err
    assert (done.out, done.err.count("\n"), HUSH in done.err) == ("", 1, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--env", "UNSET_HERE"], "--env: UNSET_HERE is not set in this shell"),
        (["--env", "hush x"], "--env: it must be NAME=VALUE, or the NAME of a variable set in this shell"),
        (["--env", "A B=hush"], "--env: 'A B' is not a variable name"),
        (["--env-file", "/nowhere.env"], "--env-file /nowhere.env: No such file or directory"),
    ],
)
def test_options_that_are_wrong_are_refused(queuectl: Queuectl, words: list[str], said: str) -> None:
    for command in (["enqueue"], ["run"]):
        done = queuectl(*command, *words, "true")
        assert (done.status, done.out, HUSH in done.err) == (2, "", False)
        assert said in done.err
