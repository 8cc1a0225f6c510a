"""A PostgreSQL server of a single test, which stops, dies and starts again."""

import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from queuectl_core.postgres.migrate import migrate
from tests.faults.processes import send, tree
from tests.lacking import lacking
from tests.postgres.programs import NO_VARIABLES, OPTIONS, USER, create_cluster, installed, server_command
from tests.running import eventually, free_port


class ServerProcess:
    """The server of the cluster in `directory`, which its user can enter; started again and again."""

    def __init__(
        self,
        programs: Path,
        directory: Path,
        password: str,
        environment: Mapping[str, str] = NO_VARIABLES,
        settings: Mapping[str, str] = OPTIONS,
    ) -> None:
        self.port = free_port()
        self.directory = directory
        self._command = server_command(programs, directory, self.port, environment, settings)
        self._log = directory.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None
        self._at = f"postgresql://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}"
        self.admin_url = f"{self._at}/postgres"

    def start(self) -> None:
        """Start it, and wait until it accepts connections."""
        with self._log.open("ab") as log:
            self._process = process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
            )
        eventually(lambda: self._accepts(process))

    def _accepts(self, process: subprocess.Popen[bytes]) -> bool:
        try:
            psycopg.connect(self.admin_url).close()
        except psycopg.OperationalError:
            assert process.poll() is None, self._log.read_text()
            return False
        return True

    def stop(self) -> None:
        """Stop it in order, but without waiting for its clients."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait()

    def kill(self) -> None:
        """SIGKILL of all its processes, if it is running."""
        if self._process is None or self._process.poll() is not None:
            return
        found = self.processes()
        send(signal.SIGSTOP, found[:1])  # it starts no further ones
        send(signal.SIGKILL, found)
        self._process.wait()

    def processes(self) -> list[int]:
        """The first of them is the parent of all others."""
        assert self._process is not None
        return tree(self._process.pid)


class OwnServer(ServerProcess):
    """A server with a migrated database, `url`."""

    def __init__(
        self, programs: Path, directory: Path, password: str, environment: Mapping[str, str] = NO_VARIABLES
    ) -> None:
        create_cluster(programs, directory, password)
        super().__init__(programs, directory, password, environment)
        self.url = f"{self._at}/queue"
        self.start()
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute("CREATE DATABASE queue TEMPLATE template0 ENCODING 'UTF8'")
        migrate(self.url)


@contextmanager
def server_directory(parent: str | None = None) -> Iterator[Path]:
    """A directory for a cluster, whose user cannot enter pytest's; removed afterwards, with the log beside it.

    `parent`: where it is created; None: where temporary files are.
    """
    directory = Path(tempfile.mkdtemp(prefix="queuectl-postgres-", dir=parent))
    try:
        yield directory
    finally:
        shutil.rmtree(directory)
        directory.with_suffix(".log").unlink(missing_ok=True)


def required_programs() -> Path:
    """PostgreSQL's; skips the test if it is not installed."""
    return installed() or lacking(
        "PostgreSQL is not installed (Debian: apt install postgresql): a container cannot be killed like this"
    )


@contextmanager
def own_server(password: str = "", environment: Mapping[str, str] = NO_VARIABLES) -> Iterator[OwnServer]:
    """Run one whose superuser has that password, or any; skips the test if PostgreSQL is not installed.

    `environment`: variables that it is given besides those of this process.
    """
    programs = required_programs()
    with server_directory() as directory:
        server = OwnServer(programs, directory, password or f"/@: {secrets.token_hex()}", environment)
        try:
            yield server
        finally:
            server.kill()
