"""Job queues in PostgreSQL that QueueCTL is compared with: one worker each, 8 no-op jobs at a time, no log of them.

All jobs are enqueued before the worker starts. Run bench/install-peers first.
"""

import os
import subprocess

from bench.server import Server
from tests.running import ROOT

PEERS = ROOT / ".bench" / "peers"
PYTHON = PEERS / "bin" / "python"
MODULES = PEERS / "node" / "node_modules"
PATIENCE_SECONDS = 600


def installed() -> bool:
    """Whether all of them are."""
    return (PEERS / "bin" / "procrastinate").exists() and (MODULES / "graphile-worker").exists()


def procrastinate(jobs: int, server: Server) -> float:
    """Jobs per second."""
    program = "from bench.procrastinate_noop import main; main()"  # with -m, it warns that its app belongs to __main__
    return rate(jobs, server, str(PYTHON), "-c", program)


def graphile_worker(jobs: int, server: Server) -> float:
    """Jobs per second, each claimed and deleted by statements of its own, as is its default."""
    return rate(jobs, server, "node", "bench/graphile_noop.cjs")


def rate(jobs: int, server: Server, *program: str) -> float:
    """Jobs per second of a program whose last line of output is the seconds from the first claim to the last end."""
    url = server.new_database()
    environment = os.environ | {"DATABASE_URL": url, "NODE_PATH": str(MODULES), "NO_LOG_SUCCESS": "1"}
    found = subprocess.run(
        [*program, str(jobs)],
        env=environment,
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    server.drop(url)
    return jobs / float(found.stdout.split()[-1])
