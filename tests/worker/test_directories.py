"""The directory of an attempt: its own, and gone with it."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from queuectl_core.state import State
from tests.running import eventually
from tests.worker.bench import Bench

Start = Callable[..., subprocess.Popen[bytes]]


def test_temporary_files_are_gone_with_their_attempt(bench: Bench, start: Start) -> None:
    start()
    leave = "f=$(mktemp); mkdir -p $TMPDIR/a/b; touch $TMPDIR/a/b/c; chmod 0 $TMPDIR/a"
    job = bench.run(f"stat -c %a $TMPDIR; {leave}; echo $f")
    mode, made = bench.output(job).decode().split()
    directory = Path(made).parent
    assert (job.state, mode) == (State.COMPLETED, "700")
    assert directory.parent.name == f"queuectl-{job.worker}"
    assert not directory.exists()
    assert bench.history(job)[0].note is None, "its temporary files are its own business"


@pytest.mark.parametrize("change", ["true", "touch $TMPDIR/x", "chmod 777 $TMPDIR", "rmdir $TMPDIR", "mkdir $TMPDIR/x"])
def test_no_command_finds_anything_of_another_one_in_its_directory(bench: Bench, start: Start, change: str) -> None:
    start(concurrency=1)
    for _ in range(2):
        assert bench.output(bench.run(f"ls -A $TMPDIR; stat -c %a $TMPDIR; {change}")) == b"700\n"


def test_two_commands_at_the_same_time_have_two_directories(bench: Bench, start: Start) -> None:
    start()
    both = "echo $TMPDIR >>where; while [ $(sort -u where | wc -l) -lt 2 ]; do sleep 0.02; done"
    jobs = [bench.enqueue(both, cwd=str(bench.directory)) for _ in range(2)]
    assert [bench.ended(job).state for job in jobs] == [State.COMPLETED, State.COMPLETED]


def test_who_runs_as_the_user_is_at_home(bench: Bench, start: Start) -> None:
    start()
    home, where = bench.output(bench.run("echo $HOME; pwd")).decode().splitlines()
    assert (home, where) == (os.environ["HOME"], str(Path.cwd()))


def test_the_directories_are_gone_with_the_worker(bench: Bench, start: Start, tmp_path: Path) -> None:
    worker = start("env", f"TMPDIR={tmp_path}", drain_grace=0)
    job_id = bench.enqueue("echo x >$TMPDIR/x; echo $TMPDIR >where; sleep 600", cwd=str(bench.directory))
    where = Path(bench.written("where").strip())
    assert where.is_relative_to(tmp_path)
    worker.terminate()
    worker.wait()
    assert bench.store.jobs.get(job_id).state is State.PENDING
    assert not list(tmp_path.glob("queuectl-*"))


def test_what_a_killed_worker_has_left_is_removed_by_the_next_one(bench: Bench, start: Start, tmp_path: Path) -> None:
    worker = start("env", f"TMPDIR={tmp_path}")
    bench.enqueue("echo x >$TMPDIR/x; echo y >made; sleep 600", cwd=str(bench.directory))
    bench.written("made")
    [spawner] = (Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text()).split()
    os.kill(int(spawner), 9)
    worker.kill()
    worker.wait()
    [left] = tmp_path.glob("queuectl-*")
    start("env", f"TMPDIR={tmp_path}")
    eventually(lambda: not left.exists())
    assert len(list(tmp_path.glob("queuectl-*"))) == 1


@pytest.mark.parametrize(
    ("first", "rest", "printed"),
    [
        ("#!/usr/bin/env python3", "import sys\nprint(sys.argv[1:], 'x' * 3)", b"[] xxx\n"),
        ("#!/bin/sh -e", "false\necho not reached", b""),
        ("#! /bin/bash", "[[ a < b ]] && echo ${BASH_VERSION:+bash}", b"bash\n"),
    ],
)
def test_the_first_line_names_the_interpreter(
    bench: Bench, start: Start, first: str, rest: str, printed: bytes
) -> None:
    start()
    job = bench.run(f"{first}\n{rest}\n")
    assert bench.output(job) == printed
    assert job.exit_code == (1 if "-e" in first else 0)


def test_an_interpreter_that_is_not_there_is_named(bench: Bench, start: Start) -> None:
    start()
    job = bench.run("#!/no/such/interpreter\n")
    assert job.exit_code == 127
    assert b"/no/such/interpreter" in bench.output(job)
