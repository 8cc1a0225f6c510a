"""A command that prints 10,000 lines a second, and somebody who reads along."""

import re
import sys
from pathlib import Path

from tests.faults.options import times
from tests.faults.process_fleet import running_processes
from tests.faults.processes import children
from tests.faults.report import Finding, record
from tests.signed_in import http
from tests.worker.bench import peak_kib

SECONDS = times(4, 30)
LINES = SECONDS * 10_000
MOST = 262_144
PRINT = f"""
import sys, time
begin = time.monotonic()
for first in range(0, {LINES}, 100):
    sys.stdout.buffer.write(b"".join(b"%0499d\\n" % number for number in range(first, first + 100)))
    sys.stdout.buffer.flush()
    time.sleep(max(0, begin + (first + 100) / 10_000 - time.monotonic()))
"""


def test_a_reader_of_fast_output_gets_every_byte_or_a_gap_mark(tmp_path: Path) -> None:
    whole = b"".join(b"%0499d\n" % number for number in range(LINES))
    with running_processes(tmp_path, workers=1) as fleet:
        system = fleet.system
        http.put(f"{system.url}/api/config/log-max-bytes", json={"value": MOST}).raise_for_status()
        assert follow(system.url, system.enqueue("echo warm")) == b"warm\n"
        processes = [*children(fleet.api.process.pid), fleet.workers[0].process.pid]
        before = [peak_kib(pid) for pid in processes]
        job_id = system.enqueue(f"exec {sys.executable} -c '{PRINT}'")
        followed = follow(system.url, job_id)
        assert len(system.in_state(job_id, "completed")["history"]) == 1
        assert agrees(followed, whole)
        kept = http.get(f"{system.url}/api/logs/{job_id}").content
        assert agrees(kept, whole)
        assert len(kept) < MOST + 8192
        grown = [peak_kib(pid) - old for pid, old in zip(processes, before, strict=True)]
        assert max(grown) < 16_384, grown
    record(Finding("output of 10,000 lines a second", "one command, followed over HTTP", times=SECONDS, jobs=1))


def follow(url: str, job_id: str) -> bytes:
    """All that a reader gets who follows until the end."""
    with http.stream("GET", f"{url}/api/logs/{job_id}", params={"follow": True}, timeout=60) as response:
        return b"".join(response.iter_bytes())


def agrees(shown: bytes, whole: bytes) -> bool:
    """Whether it is all of it, with nothing but marked gaps, and its beginning and end."""
    parts = re.split(rb"\n\[\.\.\. (\d+) bytes were not kept \.\.\.\]\n", shown)
    position = 0
    for part, missing in zip(parts[::2], [*map(int, parts[1::2]), 0], strict=True):
        if whole[position : position + len(part)] != part:
            return False
        position += len(part) + missing
    return position == len(whole) and min(len(parts[0]), len(parts[-1])) >= 500
