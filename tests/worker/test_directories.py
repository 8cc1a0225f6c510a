"""Each attempt has a directory of its own, which is removed with it."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from queuectl_core.model.state import State
from tests.running import eventually
from tests.worker.bench import Bench, worker_pid

Start = Callable[..., subprocess.Popen[bytes]]


def test_a_directory_that_only_has_the_prefix_of_a_workers_is_not_removed(bench: Bench, start: Start) -> None:
    there = Path(tempfile.mkdtemp(prefix="queuectl-"))
    try:
        (there / "precious").touch()
        start()
        assert bench.run("true").state is State.COMPLETED
        assert [path.name for path in there.iterdir()] == ["precious"]
    finally:
        shutil.rmtree(there)


def test_temporary_files_are_removed_with_their_attempt(bench: Bench, start: Start) -> None:
    start()
    leave = "f=$(mktemp); mkdir -p $TMPDIR/a/b; touch $TMPDIR/a/b/c; chmod 0 $TMPDIR/a"
    job = bench.run(f"stat -c %a $TMPDIR; {leave}; echo $f")
    mode, made = bench.output(job).decode().split()
    directory = Path(made).parent
    assert (job.state, mode) == (State.COMPLETED, "700")
    assert directory.parent.name == f"queuectl-{job.worker}"
    assert not directory.exists()
    assert bench.history(job)[0].note is None, "temporary files are not noted"


@pytest.mark.parametrize("change", ["true", "touch $TMPDIR/x", "chmod 777 $TMPDIR", "rmdir $TMPDIR", "mkdir $TMPDIR/x"])
def test_the_directory_of_each_command_is_empty(bench: Bench, start: Start, change: str) -> None:
    start(concurrency=1)
    for _ in range(2):
        assert bench.output(bench.run(f"ls -A $TMPDIR; stat -c %a $TMPDIR; {change}")) == b"700\n"


def test_concurrent_commands_have_separate_directories(bench: Bench, start: Start) -> None:
    start()
    both = "echo $TMPDIR >>where; while [ $(sort -u where | wc -l) -lt 2 ]; do sleep 0.02; done"
    jobs = [bench.enqueue(both, cwd=str(bench.directory)) for _ in range(2)]
    assert [bench.ended(job).state for job in jobs] == [State.COMPLETED, State.COMPLETED]


def test_a_command_of_the_workers_user_has_its_home_and_working_directory(bench: Bench, start: Start) -> None:
    start()
    home, where = bench.output(bench.run("echo $HOME; pwd")).decode().splitlines()
    assert (home, where) == (os.environ["HOME"], str(Path.cwd()))


def test_the_directories_are_removed_when_the_worker_stops(bench: Bench, start: Start, tmp_path: Path) -> None:
    worker = start("env", f"TMPDIR={tmp_path}", drain_grace=0)
    job_id = bench.enqueue("echo x >$TMPDIR/x; echo $TMPDIR >where; sleep 600", cwd=str(bench.directory))
    where = Path(bench.written("where").strip())
    assert where.is_relative_to(tmp_path)
    worker.terminate()
    worker.wait()
    assert bench.store.jobs.get(job_id).state is State.PENDING
    assert not list(tmp_path.glob("queuectl-*"))


def test_the_next_worker_removes_the_directories_of_a_killed_one(bench: Bench, start: Start, tmp_path: Path) -> None:
    worker = start("env", f"TMPDIR={tmp_path}")
    bench.enqueue("echo x >$TMPDIR/x; echo y >made; sleep 600", cwd=str(bench.directory))
    bench.written("made")
    os.kill(worker_pid(worker), 9)
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
def test_a_shebang_names_the_interpreter(bench: Bench, start: Start, first: str, rest: str, printed: bytes) -> None:
    start()
    job = bench.run(f"{first}\n{rest}\n")
    assert bench.output(job) == printed
    assert job.exit_code == (1 if "-e" in first else 0)


def test_the_output_names_a_missing_interpreter(bench: Bench, start: Start) -> None:
    start()
    job = bench.run("#!/no/such/interpreter\n")
    assert job.exit_code == 127
    assert b"/no/such/interpreter" in bench.output(job)


def test_a_directory_with_a_forged_mtime_is_not_reused(bench: Bench, start: Start) -> None:
    start(concurrency=1)
    for _ in range(2):
        bench.run("true")
        time.sleep(0.1)
    bench.run('before=$(stat -c %y "$TMPDIR"); touch "$TMPDIR/left"; touch -d "$before" "$TMPDIR"')
    assert bench.output(bench.run('ls -A "$TMPDIR"')) == b""
