"""A TCP proxy in front of a database that can fall silent, lose the answer to a commit, and keep connections open."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

COMMITTED = b"COMMIT\0"
"""The end of the server's answer to a COMMIT."""


class Proxy:
    """Forwards from `port` to the server of the database at `server_url`. `url`: of that database, through it."""

    def __init__(self, server_url: str) -> None:
        parts = urlsplit(server_url)
        self.server_url = server_url
        self._server = parts.hostname, parts.port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.url = server_url.replace(f":{parts.port}/", f":{self.port}/")
        self._speaks: list[threading.Event] = []
        self._new_speak = True
        self._marker: bytes | None = None
        self._passes_on_ends = threading.Event()
        self._passes_on_ends.set()
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def silent(self, *, new_ones: bool = True) -> Iterator[None]:
        """Meanwhile nothing is passed on; connections stay open, and new ones are accepted. Later all of it follows.

        `new_ones`: whether new connections are silent as well.
        """
        self._new_speak = not new_ones
        for speaks in self._speaks:
            speaks.clear()
        try:
            yield
        finally:
            self._speak()

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Meanwhile connections that one side has closed are not closed to the other one."""
        self._passes_on_ends.clear()
        try:
            yield
        finally:
            self._passes_on_ends.set()

    def disconnect(self) -> None:
        """End all connections to the server."""
        for server in self._sockets[1::2]:
            _cut(server)

    def _speak(self) -> None:
        self._new_speak = True
        for speaks in self._speaks:
            speaks.set()

    def lose_commit_with(self, marker: str) -> None:
        """Of the next transaction in which `marker` is sent or received, the commit is not answered: it is cut off."""
        self._marker = marker.encode()

    @property
    def has_lost(self) -> bool:
        """Whether that has happened."""
        return self._marker is None

    def close(self) -> None:
        """Cut all connections, and accept no more."""
        self._speak()
        self._passes_on_ends.set()
        for each in [self._listening, *self._sockets]:
            _cut(each)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._server)
                self._sockets += [client, server]
                marked, speaks = threading.Event(), threading.Event()
                self._speaks.append(speaks)
                if self._new_speak:
                    speaks.set()
                for *ends, end in ((client, server, b""), (server, client, COMMITTED)):
                    threading.Thread(target=self._pass_on, args=(*ends, marked, speaks, end), daemon=True).start()

    def _pass_on(
        self,
        source: socket.socket,
        target: socket.socket,
        marked: threading.Event,
        speaks: threading.Event,
        end: bytes,
    ) -> None:
        """`marked`: whether the marker was seen on this connection. `end`: what is lost after it, if not empty."""
        with suppress(OSError):
            while data := source.recv(1 << 16):
                speaks.wait()
                if self._marker and self._marker in data:
                    marked.set()
                if end and marked.is_set() and end in data:
                    self._marker = None
                    break
                target.sendall(data)
        speaks.wait()
        self._passes_on_ends.wait()
        _cut(source)
        _cut(target)


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
