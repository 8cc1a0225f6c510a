"""Closes connections to a server that no longer answers: psycopg would wait for ever.

The kernel notices a dead server or network. It does not notice a proxy that still accepts what is sent, or a server
that is stopped or waits for its disk. A statement may take long, so the server is asked on another connection.
"""

import asyncio
import logging
import math
import os
import socket
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any
from weakref import WeakValueDictionary

import psycopg
from psycopg import errors

log = logging.getLogger("queuectl.database")

SILENCE_SECONDS = 3.0
"""How long a statement may take before the server is asked."""

LONGEST_SILENCE_SECONDS = 10.0
"""Between two questions during the same statement, which come at ever longer intervals."""

ANSWER_SECONDS = 3
"""How long the server may take to answer on the other connection."""

LOOK_SECONDS = 0.5


class WatchedConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that knows since when it waits for the server, and when to ask that (infinity: it does not wait).

    Both in seconds of the monotonic clock.
    """

    url = ""
    waits_since = math.inf
    ask_at = math.inf

    def wait(self, *arguments: Any, **options: Any) -> Any:
        """Run a part of the protocol; psycopg calls this for everything that may have to wait, except connecting."""
        self.waits_since = time.monotonic()
        self.ask_at = self.waits_since + SILENCE_SECONDS
        try:
            return super().wait(*arguments, **options)
        finally:
            self.ask_at = math.inf

    def hang_up(self) -> None:
        """Make the waiting thread raise OperationalError."""
        with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(self.fileno())) as copy:
            copy.shutdown(socket.SHUT_RDWR)


class Watchdog:
    """A thread that watches all connections of this process."""

    def __init__(self) -> None:
        self._watched = WeakValueDictionary[int, WatchedConnection]()
        self._thread: threading.Thread | None = None

    def watch(self, connection: WatchedConnection) -> None:
        """Watch it as long as it exists."""
        self._watched[id(connection)] = connection
        if self._thread is None or not self._thread.is_alive():  # such as after a fork
            self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            suspicious: dict[str, list[tuple[WatchedConnection, float]]] = {}
            for reference in self._watched.valuerefs():
                connection = reference()
                if connection is not None and time.monotonic() >= connection.ask_at:
                    suspicious.setdefault(connection.url, []).append((connection, connection.waits_since))
            for url, connections in suspicious.items():
                self._look(url, connections)

    def _look(self, url: str, connections: list[tuple[WatchedConnection, float]]) -> None:
        """`connections`: with the time since which each waits."""
        dead = dead_ones(url, [connection.info.backend_pid for connection, _ in connections])
        now = time.monotonic()
        for connection, since in connections:
            if connection.ask_at == math.inf or connection.waits_since != since:
                continue  # the statement has ended
            if connection.info.backend_pid in dead:
                log.warning("the database does not answer: a connection that waited for %.0f s is closed", now - since)
                connection.hang_up()
            else:
                connection.ask_at = now + min(now - since, LONGEST_SILENCE_SECONDS)


def dead_ones(url: str, pids: Sequence[int]) -> Collection[int]:
    """The server's processes from which no answer will come: all if it is silent, otherwise the ended and idle ones."""
    try:
        return asyncio.run(asyncio.wait_for(_ended_or_idle(url, pids), ANSWER_SECONDS))
    except (TimeoutError, errors.ConnectionTimeout):
        return pids
    except psycopg.Error:
        return ()  # the server, or its host, has answered


async def _ended_or_idle(url: str, pids: Sequence[int]) -> list[int]:
    async with await psycopg.AsyncConnection.connect(url, application_name="queuectl") as connection:
        rows = await connection.execute(
            "SELECT asked.pid FROM unnest(%s::int[]) AS asked (pid)"
            " LEFT JOIN pg_stat_activity AS found ON found.pid = asked.pid WHERE found.pid IS NULL"
            " OR (state LIKE 'idle%%' AND state_change < clock_timestamp() - make_interval(secs => %s))",
            ([*pids], SILENCE_SECONDS / 2),
        )
        return [pid async for (pid,) in rows]


WATCHDOG = Watchdog()
