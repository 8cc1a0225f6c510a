"""Runs a PostgreSQL server as long as any test process uses it: `python -m tests.postgres.keeper DIRECTORY`.

Test processes hold a shared lock on DIRECTORY/used. When the last of them has ended, even by SIGKILL, the lock is free
and the server stops. If this process is killed, the kernel stops the server.
"""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests.postgres.programs import USER, container, create_cluster, installed, server_command
from tests.running import free_port

START_SECONDS = 120


def main(shared: Path) -> None:
    """Write the server's URL to DIRECTORY/url, close stdout, and wait for the end of the last user."""
    directory = Path(tempfile.mkdtemp(prefix="queuectl-postgres-"))  # the server's user cannot enter pytest's
    password, port = f"/@: {secrets.token_hex()}", free_port()
    programs = installed()
    try:
        if programs:
            create_cluster(programs, directory, password)
        command = server_command(programs, directory, port) if programs else container(port)
        server = subprocess.Popen(
            ["setpriv", "--pdeathsig=INT", *command],
            env=os.environ | {"POSTGRES_PASSWORD": password},
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            cwd="/",
        )
        with (shared / "used").open("w") as used:
            try:
                url = f"postgresql://{USER}:{quote(password, safe='')}@127.0.0.1:{port}/postgres"
                _wait(server, url)
                (shared / "url").write_text(url)
                os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # the end of stdout tells that the server is ready
                fcntl.flock(used, fcntl.LOCK_EX)
                (shared / "url").unlink()
            finally:
                server.send_signal(signal.SIGINT)  # disconnects its clients; SIGTERM would wait for them
                server.wait()
    finally:
        shutil.rmtree(directory)


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
