"""Workers that are killed while their commands print as fast as they can: what was printed before is kept."""

import random
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.options import times
from tests.faults.process_fleet import Service, running_processes
from tests.faults.processes import children, send
from tests.faults.report import Finding, record
from tests.running import eventually
from tests.signed_in import http
from tests.system import System

LINE = 500
PRINTERS = 4
KEPT = 262_144
GAP = re.compile(rb"\n\[\.\.\. (\d+) bytes were not kept \.\.\.\]\n")
PRINT = f"""
import os, sys, time
told, number = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT), 0
while True:
    os.write(1, b"%0{LINE - 1}d\\n" % number)
    number += 1
    os.pwrite(told, b"%020d" % number, 0)
    time.sleep(float(sys.argv[2]))
"""
PAUSES = ("0", "0.01")


def test_no_output_printed_before_a_worker_was_killed_is_lost(tmp_path: Path) -> None:
    rounds = times(4, 125)
    with running_processes(tmp_path, workers=1) as fleet:
        http.put(f"{fleet.system.url}/api/config/log-max-bytes", json={"value": KEPT}).raise_for_status()
        lost = [
            complaint
            for number in range(rounds)
            for complaint in _round(tmp_path, fleet.system, fleet.workers[0], number)
        ]
    finding = Finding(
        "Killed while commands print",
        f"SIGKILL of a worker or its guard, with {PRINTERS} commands that print",
        times=rounds,
        jobs=rounds * PRINTERS,
        lost=len(lost),
    )
    record(finding)
    assert finding.clean, lost[:10]


def _round(directory: Path, system: System, worker: Service, number: int) -> Iterator[str]:
    """Have some print, kill, and compare: what there is to complain of."""
    guard = worker.process.pid
    told = {f"p{number}-{n}": directory / f"told-{number}-{n}" for n in range(PRINTERS)}
    for n, (job_id, path) in enumerate(told.items()):
        command = f'exec {sys.executable} -c "$PRINT" {path} {PAUSES[n % 2]}'
        system.enqueue(command, id=job_id, env={"PRINT": PRINT}, max_retries=0)
    eventually(lambda: all(path.exists() and path.stat().st_size for path in told.values()))
    time.sleep(random.uniform(0, 0.3))
    send(signal.SIGKILL, [guard] if number % 3 == 0 else children(guard))
    for job_id, path in told.items():
        system.in_state(job_id, "dead")
        printed = int(path.read_text()) * LINE
        kept = http.get(f"{system.url}/api/logs/{job_id}").content
        if (end := _end(kept)) < printed:
            yield f"{job_id} has printed {printed} bytes, of which {end} are told of"


def _end(shown: bytes) -> int:
    """How much was printed before and in it; -1 if some of it is not what was printed."""
    parts = GAP.split(shown)
    position = 0
    for part, missing in zip(parts[::2], [*map(int, parts[1::2]), 0], strict=True):
        if not _is_printed(part, position):
            return -1
        position += len(part) + missing
    return position


def _is_printed(part: bytes, position: int) -> bool:
    first, last = position // LINE, (position + len(part)) // LINE
    whole = b"".join(b"%0499d\n" % number for number in range(first, last + 1))
    return whole[position - first * LINE :][: len(part)] == part
