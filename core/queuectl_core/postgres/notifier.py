"""Notifies other processes soon after a commit, with LISTEN and NOTIFY, on connections of their own.

Never inside the transaction itself: PostgreSQL commits those with a NOTIFY one at a time, in all databases together.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg

from queuectl_core.model.errors import QueueError
from queuectl_core.postgres.connection import connect

log = logging.getLogger("queuectl.notifier")

FOR_WORKERS = "queuectl_workers"
"""Commits that may give workers something to do."""

FOR_VIEWS = "queuectl_views"
"""All other commits."""

PAUSE_SECONDS = 0.02
"""Between two notifications of a process."""

FOLD_SECONDS = 1.0
PING_SECONDS = 10.0
"""Between two pings of a listener's connection: after a failover, it was found dead for minutes and looked idle."""

RETRY_SECONDS = 1.0


class Notifier:
    """A thread with a connection, from the first commit on. It also calls `fold`, a second after the last commit."""

    def __init__(self, url: str, fold: Callable[[], None]) -> None:
        self._url = url
        self._fold = fold
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._workers = False

    def notify(self, *, workers: bool) -> None:
        """Wake live views, and workers if `workers`, in a moment."""
        self._workers = self._workers or workers
        self._wake.set()
        if self._thread is None or not self._thread.is_alive():
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Send what is pending, and stop; `notify` starts it again."""
        if self._thread is not None:
            self._stop.set()
            self._wake.set()
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        unfolded = False
        connection: psycopg.Connection | None = None
        while True:
            woken = self._wake.wait(FOLD_SECONDS if unfolded else None)
            if woken:
                self._wake.clear()
                workers, self._workers = self._workers, False
                unfolded = True
                connection = self._send(connection, FOR_WORKERS if workers else FOR_VIEWS)
            else:
                unfolded = False
                with suppress(QueueError):
                    self._fold()
            if self._stop.wait(PAUSE_SECONDS) and not self._wake.is_set():
                break
        if connection is not None:
            connection.close()

    def _send(self, connection: psycopg.Connection | None, channel: str) -> psycopg.Connection | None:
        """Send a notification; returns the connection for the next one.

        If it was lost, another one is tried at once: there may be no further commit.
        """
        for _ in range(2):
            try:
                if connection is None or connection.closed:
                    connection = connect(self._url, synchronous_commit="off")
                connection.execute("SELECT pg_notify(%s, '')", (channel,))
                break
            except psycopg.Error as fault:
                log.debug("no notification was sent: %s", fault)  # listeners also poll
        return connection


class PostgresListener:
    """See Listener. A thread waits for notifications, reconnects, and pings: a dead connection would look idle."""

    def __init__(self, url: str, *, everything: bool) -> None:
        self._url = url
        self._channels = (FOR_WORKERS, FOR_VIEWS) if everything else (FOR_WORKERS,)
        self._heard = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()
        self._ready.wait(RETRY_SECONDS)

    def fileno(self) -> int:
        """See Listener."""
        return self._heard

    def clear(self) -> None:
        """See Listener."""
        with suppress(BlockingIOError):
            os.eventfd_read(self._heard)

    def close(self) -> None:
        """See Listener."""
        self._stop.set()
        self._thread.join()
        os.close(self._heard)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except psycopg.Error as fault:
                log.debug("the connection for notifications was lost: %s", fault)
                self._stop.wait(RETRY_SECONDS)

    def _listen(self) -> None:
        with connect(self._url) as connection:
            for channel in self._channels:
                connection.execute(f"LISTEN {channel}")
            if self._ready.is_set():
                os.eventfd_write(self._heard, 1)  # after a reconnect: notifications may have been missed
            self._ready.set()
            ping_at = time.monotonic() + PING_SECONDS
            while not self._stop.is_set():
                for _ in connection.notifies(timeout=0.2, stop_after=1):
                    os.eventfd_write(self._heard, 1)
                if time.monotonic() >= ping_at:
                    connection.execute("SELECT")
                    ping_at = time.monotonic() + PING_SECONDS
