"""Two PostgreSQL servers, one of which replicates the other, and is promoted when that one dies."""

import os
import secrets
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.processes import send
from tests.postgres.own_server import OwnServer, ServerProcess, required_programs, server_directory
from tests.postgres.programs import copy_cluster
from tests.running import eventually


class Replicated:
    """`url`: a migrated database on whichever server accepts writes. `synchronous`: commits wait for the standby."""

    def __init__(self, programs: Path, directories: tuple[Path, Path], *, synchronous: bool) -> None:
        password = f"/@: {secrets.token_hex()}"
        self._programs = programs
        self._synchronous = synchronous
        first = OwnServer(programs, directories[0], password)
        self.primary: ServerProcess = first
        self.standby = ServerProcess(programs, directories[1], password)
        hosts = f"127.0.0.1:{first.port},127.0.0.1:{self.standby.port}"
        self.url = f"{first.url.replace(f'127.0.0.1:{first.port}', hosts)}?target_session_attrs=read-write"
        self.replicate()

    def replicate(self) -> None:
        """Make the standby a new copy of the primary, and wait until it has everything."""
        self.standby.kill()
        shutil.rmtree(self.standby.directory / "data", ignore_errors=True)
        copy_cluster(self._programs, self.standby.directory, self.primary.admin_url)
        self.standby.start()
        if self._synchronous:
            self._execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            self._execute("SELECT pg_reload_conf()")
        state = "sync" if self._synchronous else "async"
        eventually(lambda: self._execute("SELECT sync_state FROM pg_stat_replication") == [(state,)])
        self.catch_up()

    def catch_up(self) -> None:
        """Wait until the standby has everything that is committed now."""
        [(position,)] = self._execute("SELECT pg_current_wal_lsn()")
        eventually(lambda: self._execute(f"SELECT flush_lsn >= '{position}' FROM pg_stat_replication") == [(True,)])

    def cut(self) -> None:
        """Send the standby nothing more; the primary goes on."""
        [(pid,)] = self._execute("SELECT pid FROM pg_stat_replication")
        os.kill(pid, signal.SIGSTOP)

    def fail_over(self, *, frozen: bool = False) -> None:
        """Kill the primary, and promote the standby. `frozen`: stop it instead, with its connections open."""
        if frozen:
            send(signal.SIGSTOP, self.primary.processes())
        else:
            self.primary.kill()
        self.primary, self.standby = self.standby, self.primary
        assert self._execute("SELECT pg_promote()") == [(True,)]

    def cancel_waiting_commits(self) -> bool:
        """Cancel those that wait for the standby, as a timeout of statements does; whether there were any."""
        waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        return bool(self._execute(f"SELECT pg_cancel_backend(pid) {waiting}"))

    def close(self) -> None:
        """Kill both."""
        for server in (self.standby, self.primary):
            server.kill()

    def _execute(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.primary.admin_url, autocommit=True) as admin:
            found = admin.execute(statement.encode())
            return found.fetchall() if found.description else []


@contextmanager
def replicated(*, synchronous: bool) -> Iterator[Replicated]:
    """Run two servers; skips the test if PostgreSQL is not installed."""
    programs = required_programs()
    with server_directory() as one, server_directory() as other:
        servers = Replicated(programs, (one, other), synchronous=synchronous)
        try:
            yield servers
        finally:
            servers.close()
