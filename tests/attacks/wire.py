"""Requests as bytes, for what no well-meaning client would send."""

import json
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.running import PATIENCE_SECONDS
from tests.signed_in import HEADERS

SIGNED = f"Authorization: {HEADERS['Authorization']}\r\n"


@dataclass(frozen=True)
class Answer:
    """What came back; status 0: nothing."""

    status: int
    head: str
    body: bytes

    @property
    def problem(self) -> str:
        """Its sentence for the user."""
        assert "content-type: application/problem+json" in self.head
        told: dict[str, Any] = json.loads(self.body)
        assert told["status"] == self.status
        return str(told["detail"])


def connect(url: str) -> socket.socket:
    """A connection to the API."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_SECONDS)


def head(line: str, *headers: str, host: str = "localhost") -> bytes:
    """The head of a request: `line` is "METHOD TARGET"."""
    lines = [f"{line} HTTP/1.1", f"Host: {host}", *(header.rstrip("\r\n") for header in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def ask(url: str, request: bytes) -> Answer:
    """Send that, and read one answer."""
    with connect(url) as connection:
        connection.sendall(request)
        return read(connection)


def read(connection: socket.socket) -> Answer:
    """One answer, or what came of it before the connection ended."""
    with connection.makefile("rb") as file, suppress(ConnectionResetError):
        lines = []
        while line := file.readline().decode("latin-1").rstrip("\r\n"):
            lines.append(line)
        if lines:
            headers = dict(line.lower().split(": ", 1) for line in lines[1:])
            body = file.read(int(headers.get("content-length", 0)))
            return Answer(int(lines[0].split()[1]), "\n".join(lines).lower(), body)
    return Answer(0, "", b"")
