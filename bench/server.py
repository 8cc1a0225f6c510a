"""A throw-away PostgreSQL server with the settings of deploy/postgres.yml, and empty queues in any database.

If QUEUECTL_DATABASE_URL is set, the databases are created on that server instead; its CPU time is then unknown.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from bench.temp_dir import temp_dir
from queuectl_core.postgres.migrate import migrate as migrate_postgres
from queuectl_core.postgres.session import PostgresSession
from queuectl_core.sqlite.session import SqliteSession
from queuectl_core.store.session import Session
from tests.faults.processes import tree
from tests.postgres import server as databases
from tests.postgres.own_server import ServerProcess, server_directory
from tests.postgres.programs import create_cluster, installed
from tests.running import migrate

SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "max_wal_size": "4GB",
    "shared_buffers": "256MB",
    "wal_compression": "on",
}


class Server(databases.Server):
    """`pid`: of its first process; None: it was there before."""

    def __init__(self, url: str, pid: int | None) -> None:
        super().__init__(url)
        self.pid = pid

    @property
    def name(self) -> str:
        """With its version."""
        return f"PostgreSQL {self._admin.info.server_version // 10_000}"

    def cpu_seconds(self) -> float:
        """CPU time of all its processes so far, including those that have ended."""
        assert self.pid is not None
        ticks = 0
        for pid in tree(self.pid):
            with suppress(OSError):
                own = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
                ticks += sum(map(int, own[:4] if pid == self.pid else own[:2]))
        return ticks / os.sysconf("SC_CLK_TCK")


class Queue(NamedTuple):
    """An empty queue. `settings`: of its services."""

    url: str
    settings: dict[str, Any]
    data_dir: Path

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A connection to its database."""
        remote = "database_url" in self.settings
        path = self.data_dir / "queue.db"
        session: Session = PostgresSession(self.url) if remote else SqliteSession(path, durable=False)
        try:
            yield session
        finally:
            session.close()

    def settle(self) -> None:
        """Do what the database does by itself some time after it has grown."""
        with self.session() as session:
            if isinstance(session, SqliteSession):
                session.checkpoint("TRUNCATE", 10_000)
            else:
                session.execute("VACUUM ANALYZE")


@contextmanager
def empty_queue(server: Server | None = None) -> Iterator[Queue]:
    """A queue in a database of `server`, or in an SQLite file."""
    with temp_dir() as data_dir:
        if server is None:
            migrate(data_dir)
            yield Queue(f"sqlite:///{data_dir}/queue.db", {"data_dir": data_dir}, data_dir)
            return
        url = server.new_database()
        migrate_postgres(url)
        yield Queue(url, {"data_dir": data_dir, "database_url": url}, data_dir)
        server.drop(url)


@contextmanager
def running_server() -> Iterator[Server]:
    """The server."""
    if given := os.environ.get("QUEUECTL_DATABASE_URL"):
        yield Server(given, None)
        return
    programs = installed()
    assert programs, "PostgreSQL is not installed (Debian: apt install postgresql): set QUEUECTL_DATABASE_URL"
    with server_directory("/var/tmp") as directory:  # on a disk, and its user cannot enter .bench
        password = secrets.token_hex()
        create_cluster(programs, directory, password)
        process = ServerProcess(programs, directory, password, settings=SETTINGS)
        process.start()
        try:
            yield Server(process.admin_url, process.processes()[0])
        finally:
            process.stop()
