"""However much a command prints, what is kept of it is bounded, and the worker does not grow."""

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from queuectl_core.logs import Logs
from queuectl_core.state import State
from queuectl_worker.output import Output
from tests.running import eventually
from tests.worker.bench import Bench, peak_kib

Start = Callable[..., subprocess.Popen[bytes]]
MOST = 1 << 20


def shown(logs: Logs, seq: int) -> bytes:
    """The whole output, as a reader gets it."""
    content, offset = b"", 0
    while (piece := logs.read(seq, 1, offset)).content:
        content, offset = content + piece.content, piece.end
    return content


def on_disk(path: Path) -> int:
    return path.stat().st_blocks * 512


def test_the_first_and_the_last_part_are_kept_and_the_gap_is_marked(bench: Bench, start: Start) -> None:
    bench.store.config.set("log-max-bytes", MOST)
    start()
    job = bench.run("seq -f '%015.0f' 1 1000000")
    logs = Logs(bench.directory / "logs")
    whole = b"".join(b"%015d\n" % number for number in range(1, 1_000_001))
    [attempt] = bench.history(job)
    assert (job.state, attempt.output_bytes) == (State.COMPLETED, len(whole))
    marker = b"\n[... %d bytes were not kept ...]\n" % missing(logs, job.seq)
    first, found, last = shown(logs, job.seq).partition(marker)
    assert found
    assert logs.kept(job.seq, 1) == len(first) + len(marker) + len(last)
    assert whole.startswith(first)
    assert whole.endswith(last)
    assert len(first) + len(last) <= MOST + 4096
    assert min(len(first), len(last)) >= MOST // 2 - 4096
    assert on_disk(logs.path(job.seq, 1)) <= MOST + 16384


def missing(logs: Logs, seq: int) -> int:
    kept, offset = 0, 0
    while (piece := logs.read(seq, 1, offset)).content:
        if piece.end - offset == len(piece.content):
            kept += len(piece.content)
        offset = piece.end
    return offset - kept


def test_a_tail_reaches_over_the_gap(bench: Bench, start: Start) -> None:
    bench.store.config.set("log-max-bytes", 65_536)
    start()
    job = bench.run("seq 1 100000")
    logs = Logs(bench.directory / "logs")
    everything = shown(logs, job.seq)

    def tail(lines: int) -> bytes:
        content, offset = b"", logs.tail_offset(job.seq, 1, lines)
        while (piece := logs.read(job.seq, 1, offset)).content:
            content, offset = content + piece.content, piece.end
        return content

    assert tail(3) == b"99998\n99999\n100000\n"
    behind = everything.rpartition(b"...]\n")[2]
    whole_lines = behind.partition(b"\n")[2]
    assert tail(whole_lines.count(b"\n")) == whole_lines
    assert tail(10**6) == everything
    assert everything.endswith(tail(behind.count(b"\n") + 5))
    assert b"bytes were not kept" in tail(behind.count(b"\n") + 5)


def test_what_is_taken_out_while_somebody_reads_is_marked_and_never_read_as_zeros(tmp_path: Path) -> None:
    logs, block = Logs(tmp_path), 4096
    content = b"x" * (256 * block)

    def take_out(descriptor: int) -> None:
        for most in range(len(content), 2 * block, -2 * block):
            Output(descriptor, most).bound()

    with ThreadPoolExecutor() as threads:
        for seq in range(100):
            descriptor = logs.create(seq, 1)
            os.write(descriptor, content)
            taking = threads.submit(take_out, descriptor)
            while not taking.done():
                offset = 0
                while (piece := logs.read(seq, 1, offset)).content:
                    assert b"\0" not in piece.content
                    offset = piece.end
                assert offset == len(content)
            taking.result()
            os.close(descriptor)


def test_a_gigabyte_is_bounded_while_it_is_printed_and_the_worker_does_not_grow(bench: Bench, start: Start) -> None:
    bench.store.config.set("log-max-bytes", MOST)
    worker = start()
    bench.run("true")
    before = peak_kib(worker.pid)
    one_line = "tr '\\0' x </dev/zero | head -c 67108864; printf '\\377\\376\\0'"
    job = bench.run(f"yes | head -c 1073741824 >&2; {one_line}")
    path = Logs(bench.directory / "logs").path(job.seq, 1)
    assert path.stat().st_size == 1_073_741_824 + 67_108_864 + 3
    assert on_disk(path) <= MOST + 16384
    assert peak_kib(worker.pid) - before < 4096
    assert shown(Logs(bench.directory / "logs"), job.seq).endswith(b"x\xff\xfe\0")


def test_a_command_that_goes_on_printing_is_bounded_before_its_end(bench: Bench, start: Start) -> None:
    bench.store.config.set("log-max-bytes", 65_536)
    start()
    job_id = bench.enqueue("seq 1 1000000; while [ ! -e go ]; do sleep 0.02; done", cwd=str(bench.directory))
    job = bench.in_state(job_id, State.PROCESSING)
    path = Logs(bench.directory / "logs").path(job.seq, 1)
    eventually(lambda: path.exists() and path.stat().st_size == 6_888_896 and on_disk(path) <= 65_536 + 16384)
    (bench.directory / "go").touch()
    assert bench.ended(job_id).state is State.COMPLETED
