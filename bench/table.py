"""`make bench`: measures all figures in one run and compares them with their goals; also writes .bench/latest.json.

`--quick` does less of everything. `--markdown` prints only the table for docs/performance.md.
"""

import argparse
import json
import os
import platform
import sqlite3
import subprocess
from collections.abc import Callable
from functools import partial

from bench import batch, command_line, drain, enqueue, idle, latency, live_log, output, reads, scaling
from bench.figure import HEAD, Figure
from tests.running import ROOT

RESULTS = ROOT / ".bench" / "latest.json"


def main() -> None:
    """Measure, print and write all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    found: list[Figure] = []
    if not given.markdown:
        print(machine(), HEAD, sep="\n", flush=True)
    for measure in groups(given.quick):
        figures = measure()
        found += figures
        if not given.markdown:
            print(*[figure.row() for figure in figures], sep="\n", flush=True)
    if given.markdown:
        print(machine(), "", HEAD, *[figure.row() for figure in sorted(found)], sep="\n")
    RESULTS.parent.mkdir(exist_ok=True)
    figures_json = [figure._asdict() | {"ratio": figure.ratio, "reached": figure.reached} for figure in found]
    RESULTS.write_text(json.dumps({"machine": machine(), "quick": given.quick, "figures": figures_json}, indent=2))


def groups(quick: bool) -> list[Callable[[], list[Figure]]]:
    """The benchmarks, in the order they run."""
    if quick:
        return [
            partial(drain.figures, 2000, 1, 0),
            partial(batch.figures, 100_000),
            partial(enqueue.figures, 1),
            partial(latency.figures, 50),
            partial(idle.figures, 5),
            partial(reads.figures, 20_000, 2),
            partial(command_line.figures, 5),
            partial(scaling.figures, 200),
            live_log.figures,
            partial(output.figures, 1 << 28, 1, 500),
        ]
    return [
        drain.figures, batch.figures, enqueue.figures, latency.figures, idle.figures, reads.figures,
        command_line.figures, scaling.figures, live_log.figures, output.figures,
    ]  # fmt: skip


def machine() -> str:
    """A description of this machine."""
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    where = ["stat", "--file-system", "--format=%T", str(ROOT)]
    files = subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip()
    return (
        f"{os.cpu_count()} cores, {system}, Linux {platform.release()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, data on {files}"
    )


if __name__ == "__main__":
    main()
