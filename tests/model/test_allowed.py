"""Which commands a list accepts: commands on it, and programs on it with any arguments."""

import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from queuectl_core.model.allowed import takes
from queuectl_core.model.new_job import Entries

ENTRIES = ["ffmpeg *", "/srv/nightly.sh", "make -C /srv all && date"]


@pytest.mark.parametrize(
    "command",
    [
        "/srv/nightly.sh",
        "make -C /srv all && date",
        "ffmpeg",
        "ffmpeg -i in.mov out.mp4",
        "ffmpeg  -i   in.mov",
        "ffmpeg ''",
        "ffmpeg 'my film.mov' --title='it'\"'\"'s; rm -rf / $(date) `date` | > *'",
        "ffmpeg A=b é".replace("é", "'é'"),
    ],
)
def test_a_listed_command_is_accepted(command: str) -> None:
    assert takes(ENTRIES, command)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "rm",
        "ffmpegx",
        "ffmpeg-evil -i x",
        " ffmpeg",
        "/usr/bin/ffmpeg",
        "A=b ffmpeg",
        "ffmpeg; rm -rf /",
        "ffmpeg & rm",
        "ffmpeg | sh",
        "ffmpeg > /etc/passwd",
        "ffmpeg < /etc/passwd",
        "ffmpeg $HOME",
        "ffmpeg $(rm x)",
        "ffmpeg `rm x`",
        'ffmpeg "$(rm x)"',
        "ffmpeg *",
        "ffmpeg ?",
        "ffmpeg [a]",
        "ffmpeg ~",
        "ffmpeg {a,b}",
        "ffmpeg #x",
        "ffmpeg !x",
        "ffmpeg \\'x",
        "ffmpeg 'x",
        "ffmpeg x\nrm y",
        "ffmpeg 'x\ny'",
        "ffmpeg\trm",
        "ffmpeg é",
        "/srv/nightly.sh ",
        "/srv/nightly.sh now",
        "make -C /srv all && date && rm x",
    ],
)
def test_an_unlisted_command_is_not_accepted(command: str) -> None:
    assert not takes(ENTRIES, command)


def test_an_empty_list_takes_nothing() -> None:
    assert not takes([], "true")


def test_a_star_takes_any_command_in_any_surroundings() -> None:
    assert takes(["make", "*"], "rm -rf /; ls > x\nls", surrounded=True)
    assert not takes(["make", "true *"], "make", surrounded=True)


def test_the_longest_command_takes_no_time() -> None:
    for words in (" a" * 32_000, " '" * 32_000, " \"'" * 21_000, " a='b'" * 10_000):
        takes(["ffmpeg *"], f"ffmpeg{words};")


# A shell runs any accepted command as that program with the given arguments.

harmful = st.sampled_from(list(" '\"\\$`;&|<>()*?[]{}~#!=%@+,:./-_\nab\té"))
texts = st.text(harmful, max_size=12) | st.text(max_size=6)
words = texts.map(shlex.quote) | texts | texts.map(lambda text: f"--x={shlex.quote(text)}")
command_lines = st.lists(words, max_size=6).map(lambda some: " ".join(["show", *some])) | texts.map("show {}".format)

SHOW = """#!/bin/sh
printf '%s\\0' show "$@"
printf '\\n\\0'
"""
"""Prints its words, each ended by NUL, and then a line break as if it was one: none of them holds any."""


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_the_shell_runs_only_the_program_with_the_given_arguments(shell: str, tmp_path: Path) -> None:
    taken: list[str] = []

    @given(st.lists(command_lines, min_size=20, max_size=20))
    @settings(max_examples=200, database=None, suppress_health_check=list(HealthCheck))
    def collect(lines: list[str]) -> None:
        taken.extend(line for line in lines if takes(["show *"], line) and "\0" not in line)

    collect()
    assert len(taken) > 300, "enough to mean something"
    (tmp_path / "show").write_text(SHOW)
    (tmp_path / "show").chmod(0o755)
    ran = subprocess.run(
        [shell, "-e"],
        input="\n".join(taken).encode(),
        capture_output=True,
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
        timeout=300,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert [run.split("\0")[:-1] for run in ran.stdout.decode().split("\n\0")[:-1]] == [
        shlex.split(line) for line in taken
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["show"]


# The list itself


@pytest.mark.parametrize(
    "entry", ["ffmpeg *", "/usr/bin/ffmpeg *", "g++-12 *", "7z *", "echo 'a b' | tr a b; ls", "x", "*"]
)
def test_an_entry_is_a_command_or_a_program_with_any_words(entry: str) -> None:
    assert TypeAdapter(Entries).validate_python([entry]) == [entry]


@pytest.mark.parametrize(
    "entry",
    [
        "", " ", " *", "**", "* *", "ffmpeg*", "ffmpeg  *", "ffmpeg -i *", "ls *.mov", "printf *", "test *",
        "./run *", "bin/run *", "../run *",
        "A=b *", "-x *", "eval *", "exec *", "command *", "if *", "source *", ". *", "[ *", "a;b *", "$X *", "'a' *",
        " ls", "ls ", "ls\nrm", "ls\0", "ls\trm", "\x1b[2J", "x" * 1001, "\ud800",
    ],
)  # fmt: skip
def test_a_malformed_entry_is_refused(entry: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Entries).validate_python([entry])
