"""A PostgreSQL server that all processes of a test run share, and new databases in it."""

import fcntl
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from queuectl_core.postgres.migrate import OLDEST, migrate
from tests.lacking import lacking
from tests.postgres.programs import engine_answers, installed
from tests.running import ROOT

TEMPLATE = "migrated"


class Server:
    """A running server. `url`: its database `postgres`, as superuser."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._names = (f"t{os.getpid()}_{number}" for number in itertools.count())
        self._admin = psycopg.connect(url, autocommit=True)

    def empty_database(self) -> str:
        """Create a database as `queuectl-migrate` leaves it; returns its URL."""
        return self.new_database(f"TEMPLATE {TEMPLATE}")

    def new_database(self, options: str = "TEMPLATE template0 ENCODING 'UTF8'") -> str:
        """Create a database, by default without tables; returns its URL. `options`: of CREATE DATABASE."""
        name = next(self._names)
        self.execute(f"CREATE DATABASE {name} {options}")
        return f"{self.url.rpartition('/')[0]}/{name}"

    def drop(self, url: str) -> None:
        """Drop a database, and end its connections."""
        self.execute(f"DROP DATABASE {_name(url)} WITH (FORCE)")

    def connections(self, url: str) -> int:
        """How many connections a database has."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
        [[number]] = self._admin.execute(query, (_name(url),))
        return int(number)

    def execute(self, statement: str) -> None:
        """Run a statement outside of a transaction, as superuser."""
        self._admin.execute(sql.SQL(statement))

    def create_template(self) -> None:
        """Create what `empty_database` copies, unless another process has."""
        if self._admin.execute("SELECT FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone() is None:
            # In a locale that sorts unlike bytes, so that a text column without COLLATE "C" is noticed.
            url = self.new_database(f"TEMPLATE template0 ENCODING 'UTF8' {self._locale()}")
            migrate(url)
            self.execute(f"ALTER DATABASE {_name(url)} RENAME TO {TEMPLATE}")
            self.execute(f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false")  # a template in use cannot be copied

    def close(self) -> None:
        """Disconnect."""
        self._admin.close()

    def _locale(self) -> str:
        return "LOCALE_PROVIDER icu ICU_LOCALE 'en-US'" if self._admin.info.server_version >= 150000 else ""


@contextmanager
def running_server(shared: Path) -> Iterator[Server]:
    """The server of this run; the first process starts it, the last one stops it. `shared`: a directory of the run."""
    with (shared / "used").open("w") as used:
        with (shared / "start").open("w") as start:
            fcntl.flock(start, fcntl.LOCK_EX)
            fcntl.flock(used, fcntl.LOCK_SH)  # waits for a server that stops
            if not (shared / "url").exists():
                _start(shared)
            server = Server((shared / "url").read_text())
            server.create_template()
        try:
            yield server
        finally:
            server.close()


def _start(shared: Path) -> None:
    if not installed() and not engine_answers():
        lacking(f"there is no PostgreSQL {OLDEST} or newer (Debian: apt install postgresql) and no container engine")
    log = shared / "server.log"
    with log.open("w") as output:
        subprocess.run(
            ["setsid", "--fork", sys.executable, "-m", "tests.postgres.keeper", shared],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # until it ends: see keeper.py
            stderr=output,
            cwd=ROOT,
            check=True,
        )
    assert (shared / "url").exists(), f"the PostgreSQL server did not start: {log.read_text()}"


def _name(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])
