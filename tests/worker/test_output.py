"""Output is bounded and in order, and a command cannot change what it has printed."""

import subprocess
from collections.abc import Callable

import pytest

from queuectl_core.model.state import State
from tests.output import opened_logs, read_output
from tests.running import eventually
from tests.worker.bench import Bench, peak_kib, worker_pid

Start = Callable[..., subprocess.Popen[bytes]]
MOST = 1 << 20


def on_disk(bench: Bench, seq: int) -> int:
    """Bytes on disk of the log of a job's only attempt."""
    return sum(path.stat().st_blocks * 512 for path in (bench.directory / "logs").rglob(f"{seq}-1.*"))


def test_the_first_and_the_last_part_are_kept_and_the_gap_is_marked(bench: Bench, start: Start) -> None:
    bench.store.config.set("log-max-bytes", MOST)
    start()
    job = bench.run("seq -f '%015.0f' 1 1000000")
    logs = opened_logs(bench.directory)
    whole = b"".join(b"%015d\n" % number for number in range(1, 1_000_001))
    [attempt] = bench.history(job)
    assert (job.state, attempt.output_bytes) == (State.COMPLETED, len(whole))
    marker = b"\n[... %d bytes were not kept ...]\n" % (len(whole) - MOST)
    assert bench.output(job) == whole[: MOST // 2] + marker + whole[-MOST // 2 :]
    assert logs.size(job.seq, 1) == MOST + len(marker)
    assert on_disk(bench, job.seq) <= MOST + 16384


def test_a_tail_can_include_the_gap(bench: Bench, start: Start) -> None:
    bench.store.config.set("log-max-bytes", 65_536)
    start()
    job = bench.run("seq 1 100000")
    logs = opened_logs(bench.directory)
    everything = bench.output(job)

    def tail(lines: int) -> bytes:
        return read_output(logs, job.seq, 1, logs.tail_offset(job.seq, 1, lines))

    assert tail(3) == b"99998\n99999\n100000\n"
    behind = everything.rpartition(b"...]\n")[2]
    whole_lines = behind.partition(b"\n")[2]
    assert tail(whole_lines.count(b"\n")) == whole_lines
    assert tail(10**6) == everything
    assert everything.endswith(tail(behind.count(b"\n") + 5))
    assert b"bytes were not kept" in tail(behind.count(b"\n") + 5)


def test_a_gigabyte_of_output_is_bounded_and_the_workers_memory_stays_flat(bench: Bench, start: Start) -> None:
    bench.store.config.set("log-max-bytes", MOST)
    worker = start()
    bench.run("true")
    before = peak_kib(worker_pid(worker))
    one_line = "tr '\\0' x </dev/zero | head -c 67108864; printf '\\377\\376\\0'"
    job = bench.run(f"yes | head -c 1073741824 >&2; {one_line}")
    assert bench.history(job)[0].output_bytes == 1_073_741_824 + 67_108_864 + 3
    assert on_disk(bench, job.seq) <= MOST + 16384
    assert peak_kib(worker_pid(worker)) - before < 4096
    assert bench.output(job).endswith(b"x\xff\xfe\0")


def test_output_is_bounded_while_the_command_still_runs(bench: Bench, start: Start) -> None:
    bench.store.config.set("log-max-bytes", 65_536)
    start()
    job_id = bench.enqueue("seq 1 1000000; while [ ! -e go ]; do sleep 0.02; done", cwd=str(bench.directory))
    job = bench.in_state(job_id, State.PROCESSING)
    eventually(lambda: bench.output(job).endswith(b"1000000\n"))
    assert on_disk(bench, job.seq) <= 65_536 + 16384
    (bench.directory / "go").touch()
    assert bench.ended(job_id).state is State.COMPLETED


@pytest.mark.parametrize(
    "again",
    [
        "echo second > /dev/stderr",
        "echo second > /dev/stdout",
        "echo second | tee /dev/stderr >/dev/null",
        "printf 'second\\n' > file; cp file /dev/stdout",
        "python3 -c \"open('/dev/stdout', 'w').write('second\\n')\"",
    ],
)
def test_reopened_output_is_appended_to(bench: Bench, start: Start, again: str) -> None:
    start()
    job = bench.run(f"echo first; {again}; echo third", cwd=str(bench.directory))
    assert bench.output(job) == b"first\nsecond\nthird\n"


def test_output_cannot_be_truncated_or_extended(bench: Bench, start: Start) -> None:
    start()
    tricks = "import os\ntry:\n    os.{}\nexcept OSError as fault:\n    print(fault.strerror, flush=True)\n"
    for trick in ("ftruncate(1, 0)", "posix_fallocate(1, 0, 4 << 30)", "lseek(1, 0, 0)"):
        (bench.directory / "trick.py").write_text(tricks.format(trick))
        job = bench.run("echo first; python3 trick.py", cwd=str(bench.directory))
        first, told = bench.output(job).splitlines()
        assert first == b"first"
        assert told in (b"Invalid argument", b"Illegal seek", b"No such device")


def test_nothing_is_added_to_the_output_of_a_job_that_has_ended(bench: Bench, start: Start) -> None:
    start()
    hold = "exec 3>/proc/$(cat pid)/fd/1; echo held >held; while [ ! -e go ]; do sleep 0.02; done; echo late >&3"
    printer = bench.enqueue("echo $$ >pid; while [ ! -e held ]; do sleep 0.02; done", cwd=str(bench.directory))
    bench.written("pid")
    holder = bench.enqueue(hold, cwd=str(bench.directory))
    job = bench.ended(printer)
    assert (job.state, bench.output(job)) == (State.COMPLETED, b""), "another job that holds its pipe does not delay it"
    (bench.directory / "go").touch()
    bench.ended(holder)
    assert bench.output(job) == b""


def test_short_output_makes_no_file(bench: Bench, start: Start) -> None:
    start()
    short, long, none = (bench.run(f"head -c {size} /dev/zero") for size in (512, 513, 0))
    assert [len(bench.output(job)) for job in (short, long, none)] == [512, 513, 0]
    assert [path.name for path in (bench.directory / "logs").rglob("*.log")] == [f"{long.seq}-1.log"]


def test_short_output_of_a_running_command_can_be_followed(bench: Bench, start: Start) -> None:
    start()
    job_id = bench.enqueue("printf x; while [ ! -e go ]; do sleep 0.02; done; printf y", cwd=str(bench.directory))
    job = bench.in_state(job_id, State.PROCESSING)
    eventually(lambda: bench.output(job) == b"x")
    (bench.directory / "go").touch()
    assert bench.output(bench.ended(job_id)) == b"xy"


def test_the_last_lines_are_kept_with_the_attempt(bench: Bench, start: Start) -> None:
    start()
    failed = bench.run("seq 1 10000; printf '\\033[31mred\\a\\n'; echo 'No space left on device' >&2; exit 3")
    assert failed.output_tail is not None
    assert len(failed.output_tail) <= 2048
    assert failed.output_tail.endswith("\n10000\n\\x1b[31mred\\x07\nNo space left on device")
    assert [attempt.output_tail for attempt in bench.history(failed)] == [failed.output_tail]
    assert bench.run("echo short").output_tail == "short"
    assert bench.run("true").output_tail is None
