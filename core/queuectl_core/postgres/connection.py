"""Connecting to PostgreSQL."""

import select
import time
from typing import Any

import psycopg
from psycopg import errors, pq
from psycopg.adapt import Dumper
from psycopg.conninfo import conninfo_to_dict

from queuectl_core.postgres.url import server_and_name
from queuectl_core.postgres.watchdog import WATCHDOG, WatchedConnection

CONNECT_SECONDS = 5
SILENT_SECONDS = 1.0
"""After a connection attempt to which nobody answered, further ones fail at once: not each caller waits for that."""

TIMELINE = "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"
"""SQL: the timeline of the server, which a failover changes."""

_NETWORK: dict[str, Any] = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "application_name": "queuectl",
}
"""How soon a dead connection is noticed. A URL may set other values."""

_silent_until: dict[str, float] = {}
"""By URL, in seconds of the monotonic clock."""


def connect(url: str, **settings: object) -> psycopg.Connection:
    """A new connection to the database, with autocommit. `settings`: of PostgreSQL, besides those of the URL."""
    server_and_name(url)  # an error of psycopg's would repeat a part of the password
    if time.monotonic() < _silent_until.get(url, 0.0):
        raise errors.ConnectionTimeout("the server did not answer a moment ago")
    given = conninfo_to_dict(url)
    network = {key: value for key, value in _NETWORK.items() if key not in given}
    options = " ".join([str(given.get("options", "")), *(f"-c {name}={value}" for name, value in settings.items())])
    try:
        connection = WatchedConnection.connect(url, autocommit=True, options=options, **network)
    except errors.ConnectionTimeout:
        _silent_until[url] = time.monotonic() + SILENT_SECONDS
        raise
    connection.url = url
    WATCHDOG.watch(connection)
    connection.adapters.register_dumper(bool, _Flag)
    return connection


def is_idle(connection: psycopg.Connection) -> bool:
    """Whether it can be used. False as well if the server has sent anything: mostly that it closes the connection."""
    if connection.closed or connection.info.transaction_status is not pq.TransactionStatus.IDLE:
        return False
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return not waiting.poll(0)


class _Flag(Dumper):
    """Flags are stored as the numbers 0 and 1, as in SQLite."""

    oid = psycopg.adapters.types["int2"].oid

    def dump(self, obj: bool) -> bytes:
        return b"1" if obj else b"0"
