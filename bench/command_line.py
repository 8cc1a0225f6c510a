"""`python -m bench.command_line`: `queuectl enqueue -- true` compared with `python -c 'import httpx'`."""

import statistics
import subprocess
import sys
import time

from bench.figure import Figure, show
from bench.temp_dir import temp_dir
from tests.running import BIN, clean_environment, migrate, running_api

TIMES = 20


def figures(times: int = TIMES) -> list[Figure]:
    """Goal 9: medians of both, run alternately."""
    with temp_dir() as directory:
        migrate(directory)
        with running_api(directory) as url:
            environment = clean_environment(url=url)
            commands = ([str(BIN / "queuectl"), "enqueue", "--", "true"], [sys.executable, "-c", "import httpx"])
            ours, bare = zip(
                *[[taken(command, environment) for command in commands] for _ in range(times)], strict=True
            )
    one, other = statistics.median(ours), statistics.median(bare)
    note = f"{one * 1000:.0f} ms against {other * 1000:.0f} ms"
    return [Figure(9, "queuectl enqueue -- true / import httpx", one / other, "x", 1.0, most=True, note=note)]


def taken(command: list[str], environment: dict[str, str]) -> float:
    """Seconds that a command takes."""
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    show(figures())
