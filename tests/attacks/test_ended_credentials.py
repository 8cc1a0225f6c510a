"""Requests that began with valid credentials, which end before the request does: none of them changes anything."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.role import Role
from queuectl_core.store.store import Store
from tests import openapi
from tests.api import attempts
from tests.api.test_audit import TOLD, Doer
from tests.attacks.test_slow import cut_off
from tests.attacks.wire import Answer, connect, head, read
from tests.names import unique
from tests.opened import opened, path_of
from tests.running import eventually, migrate, running_api
from tests.signed_in import client
from tests.store.attempts import take

ENDS = {
    "revoked": "DELETE FROM token WHERE name = ?",
    "revoked under a session": "DELETE FROM token WHERE name = ?",
    "expired": "UPDATE token SET expires_at = 1 WHERE name = ?",
    "expired session": "UPDATE session SET expires_at = 1 WHERE token = ?",
    "signed out of a session": "DELETE FROM session WHERE token = ?",
}
"""How credentials end. Those of a session are a cookie, the others a token."""


@dataclass(frozen=True)
class Operation:
    """A method of a path that changes something."""

    id: str
    method: str
    path: str
    has_body: bool

    def is_asked_by(self, request: httpx.Request) -> bool:
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.path))
        return request.method == self.method and re.fullmatch(pattern, request.url.path) is not None


def operations() -> Iterator[Operation]:
    """All but signing in, which takes no credentials."""
    for path, methods in openapi.document()["paths"].items():
        for method, told in methods.items():
            name = told["operationId"]
            if (method != "get" or name == "takeBackup") and name != "signIn":
                yield Operation(name, method.upper(), path, "requestBody" in told)


OPERATIONS = list(operations())
UPLOADS = [operation for operation in OPERATIONS if operation.has_body]


class Kept(httpx.HTTPTransport):
    """Sends all requests but that of one operation, and keeps that."""

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        self._operation = operation
        self.request: httpx.Request | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not self._operation.is_asked_by(request):
            return super().handle_request(request)
        request.read()
        self.request = request
        return httpx.Response(204)


@dataclass(frozen=True)
class System:
    """An API of one process, and its database."""

    url: str
    store: Store

    def request(self, operation: Operation) -> httpx.Request:
        """One that would succeed."""
        if operation.id == "signOut":
            return httpx.Request("DELETE", f"{self.url}/api/session")
        kept = Kept(operation)
        with client(self.url) as api:
            transport = httpx.Client(base_url=self.url, headers=api.headers, transport=kept, timeout=60)
            with transport as keeping:
                TOLD[operation.id][1](Doer(keeping, self.store))
        assert kept.request, "it was asked for"
        return kept.request

    def caller(self, end: str) -> tuple[str, list[str]]:
        """A new admin: its name, and headers that sign its requests."""
        secret = self.store.tokens.create(name := unique(), Role.ADMIN, "test")
        if "session" not in end:
            return name, [f"Authorization: Bearer {secret}"]
        session, _ = self.store.tokens.begin_session(name)
        cookie = f"queuectl_session_{httpx.URL(self.url).port}={session}"
        return name, [f"Cookie: {cookie}", f"Origin: {self.url}"]

    @contextmanager
    def ending(self, end: str, name: str) -> Iterator[None]:
        """The credentials end with this block. Until then nobody else can write."""
        with closing(sqlite3.connect(path_of(self.store), isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("BEGIN IMMEDIATE")
            assert connection.execute(ENDS[end], (name,)).rowcount == 1
            yield
            connection.execute("COMMIT")

    def answers_others(self) -> None:
        """What was sent before has been looked at when later requests are answered."""
        with client(self.url) as api:
            for _ in range(3):
                api.get("/api/status").raise_for_status()

    def done_by(self, name: str) -> list[Any]:
        return self.store.audit.page(limit=9, actor=name).items


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    directory: Path = tmp_path_factory.mktemp("ended")
    migrate(directory)
    with running_api(directory, api_processes=1) as url, opened(directory / "queue.db") as store:
        yield System(url, store)


def head_of(request: httpx.Request, signed: list[str]) -> bytes:
    kind = request.headers.get("content-type")
    headers = [f"Content-Length: {len(request.content)}", *([f"Content-Type: {kind}"] if kind else []), *signed]
    return head(f"{request.method} {request.url.raw_path.decode()}", *headers, host=request.url.netloc.decode())


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_a_write_that_waits_while_its_credentials_end_is_refused(
    system: System, operation: Operation, end: str
) -> None:
    request = system.request(operation)
    name, signed = system.caller(end)
    with connect(system.url) as connection:
        with system.ending(end, name):
            connection.sendall(head_of(request, signed) + request.content)
            system.answers_others()
        refused(read(connection))
    assert system.done_by(name) == []


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("operation", UPLOADS, ids=lambda operation: operation.id)
def test_an_upload_that_goes_on_after_its_credentials_have_ended_is_refused(
    system: System, operation: Operation, end: str
) -> None:
    upload(system, system.request(operation), end)


@pytest.mark.parametrize("end", ENDS)
def test_a_batch_of_lines_that_goes_on_after_its_credentials_have_ended_is_refused(system: System, end: str) -> None:
    headers = {"Content-Type": "application/x-ndjson"}
    lines = b'{"command": "true"}\n' * 3
    upload(system, httpx.Request("POST", f"{system.url}/api/jobs/batch", headers=headers, content=lines), end)


def upload(system: System, request: httpx.Request, end: str) -> None:
    name, signed = system.caller(end)
    half = len(request.content) // 2
    with connect(system.url) as connection:
        connection.sendall(head_of(request, signed) + request.content[:half])
        system.answers_others()
        with system.ending(end, name):
            pass
        connection.sendall(request.content[half:])
        refused(read(connection))
    assert system.done_by(name) == []


def refused(answer: Answer) -> None:
    assert answer.status == 401
    assert re.search("is unknown or was revoked|has expired|has ended", answer.problem)
    assert "www-authenticate: bearer" in answer.head


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    ("target", "kind"), [("/api/jobs/batch", "application/x-ndjson"), ("/api/restore", "application/x-tar")]
)
def test_a_large_upload_is_not_received_to_its_end(system: System, target: str, kind: str, end: str) -> None:
    name, signed = system.caller(end)
    with connect(system.url) as connection:
        announced = [f"Content-Type: {kind}", f"Content-Length: {1 << 29}"]
        host = system.url.removeprefix("http://")
        connection.sendall(head(f"POST {target}", *announced, *signed, host=host) + b"\n")
        system.answers_others()
        with system.ending(end, name):
            pass
        eventually(lambda: cut_off(connection, b"\n" * 1000))


def test_others_in_the_same_commit_are_not_affected(system: System) -> None:
    name, signed = system.caller("revoked")
    [enqueue] = [operation for operation in OPERATIONS if operation.id == "enqueueJob"]
    request = system.request(enqueue)
    other, signed_by_other = system.caller("revoked")
    with connect(system.url) as first, connect(system.url) as second, connect(system.url) as third:
        with system.ending("revoked", name):
            for connection, by in ((first, signed_by_other), (second, signed), (third, signed_by_other)):
                connection.sendall(head_of(request, by) + request.content)
            system.answers_others()
        assert [read(connection).status for connection in (first, second, third)] == [201, 401, 201]
    assert [len(system.done_by(actor)) for actor in (name, other)] == [0, 2]


def test_a_purge_ends_at_the_step_at_which_its_credentials_have_ended(system: System) -> None:
    queue = unique()
    with system.store.transaction():
        for _ in range(501):  # more than one step takes
            system.store.enqueue(NewJob(command="false", queue=queue, max_retries=0))
    with system.store.transaction():
        for claim in take(system.store, "player", 501, [queue]):
            attempts.end(system.store, claim, exit_code=1)
    name, signed = system.caller("revoked")
    with closing(sqlite3.connect(path_of(system.store), isolation_level=None)) as connection:
        connection.execute(
            f"CREATE TRIGGER revoke AFTER INSERT ON audit WHEN NEW.actor = '{name}'"
            f" BEGIN DELETE FROM token WHERE name = '{name}'; END"
        )
        with connect(system.url) as wire:
            wire.sendall(head(f"DELETE /api/dlq?queue={queue}", *signed))
            refused(read(wire))
        connection.execute("DROP TRIGGER revoke")
    left = system.store.jobs.page(Filter(queues=(queue,)), limit=9).items
    assert len(left) == 1
