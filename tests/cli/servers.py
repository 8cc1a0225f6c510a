"""Servers that are not the API: they record requests, give fixed answers, manipulate the API's answers, are busy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx

from tests.signed_in import HEADERS, VERIFY

ESCAPE = "\x1b]0;owned\x07\x9b31m\u202e"
TIMES = ("at", "created_at", "updated_at", "started_at", "due_at", "ended_at", "finished_at", "next_run_at",
         "last_used_at", "expires_at", "scheduled_at", "next_scheduled_at", "next_at", "fires_at", "from",
         "until")  # fmt: skip


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def recording(redirect_to: str | None = None) -> Iterator[tuple[str, list[str | None]]]:
    """A server's URL, and the Authorization headers it received. It answers `{}`, or redirects."""
    seen: list[str | None] = []

    class Recorder(_Quiet):
        def do_GET(self) -> None:
            seen.append(self.headers["Authorization"])
            self.send_response(307 if redirect_to else 200)
            if redirect_to:
                self.send_header("Location", redirect_to + self.path)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

    with _serving(Recorder) as url:
        yield url, seen


@contextmanager
def answering(status: int, content: bytes, content_type: str = "text/html", location: str = "") -> Iterator[str]:
    """The URL of a server that accepts every request and always gives the same answer."""

    class Other(_Quiet):
        def _answer(self) -> None:
            if self.headers["Transfer-Encoding"]:
                while size := int(self.rfile.readline(), 16):
                    self.rfile.read(size + 2)
                self.rfile.readline()
            else:
                self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            if location:
                self.send_header("Location", location.format(path=self.path))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  # so they are looked up

    with _serving(Other) as url:
        yield url


@contextmanager
def busy_at_first(system_url: str) -> Iterator[str]:
    """The URL of a server that refuses the first request for each path with 429, and passes on the later ones."""
    refused: set[str] = set()

    class Busy(_Quiet):
        def do_GET(self) -> None:
            first = self.path not in refused
            refused.add(self.path)
            truth = httpx.get(system_url + self.path, timeout=60, headers=HEADERS, verify=VERIFY)
            content = b'{"detail": "too many"}' if first else truth.content
            self.send_response(429 if first else truth.status_code)
            self.send_header("Retry-After", "1")
            self.send_header("Content-Type", truth.headers["Content-Type"])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with _serving(Busy) as url:
        yield url


@contextmanager
def lying(system_url: str) -> Iterator[str]:
    """The URL of a server that appends terminal escapes to all texts in the answers of the API."""

    class Liar(_Quiet):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            truth = httpx.request(
                self.command, system_url + self.path, content=body, timeout=60,
                headers=HEADERS | {"Content-Type": self.headers["Content-Type"] or "text/plain"},
            )  # fmt: skip
            lie = json.dumps(_with_escapes(truth.json())).encode() if truth.content else b""
            self.send_response(truth.status_code)
            self.send_header("Content-Length", str(len(lie)))
            self.end_headers()
            self.wfile.write(lie)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  # so they are looked up

    with _serving(Liar) as url:
        yield url


def _with_escapes(data: Any, name: str = "") -> Any:
    if isinstance(data, dict):
        return {key: _with_escapes(value, key) for key, value in data.items()}
    if isinstance(data, list):
        return [_with_escapes(item) for item in data]
    return data + ESCAPE if isinstance(data, str) and name not in TIMES else data


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
