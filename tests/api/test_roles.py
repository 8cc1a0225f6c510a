"""Every path and method answers each kind of caller exactly as documented: generated from the OpenAPI schema."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import pytest
from fastapi import APIRouter

from queuectl_api import app, audit
from queuectl_api.settings import ApiSettings
from queuectl_core.model.role import Role
from queuectl_core.store.store import Store
from tests import openapi
from tests.opened import opened
from tests.running import migrate, running_api
from tests.signed_in import browser

pytestmark = pytest.mark.xdist_group("roles")  # one API for all rows

OPEN = {"POST /api/session", "GET /healthz", "HEAD /healthz", "GET /readyz", "HEAD /readyz"}
"""What whoever has not signed in may do."""

STRANGERS = ["no token", "bad token", "expired token", "bad session", "session of a revoked token"]
SIGNED_IN = [f"{role} by {means}" for role, means in product(Role, ("token", "session"))]


@dataclass(frozen=True)
class Operation:
    """What the schema says of a method of a path. `role`: that it needs, None: it is open."""

    method: str
    path: str
    role: Role | None
    documented: frozenset[int]
    takes_json: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def answers(self, caller: str) -> frozenset[int]:
        """The statuses that this kind of caller may get."""
        if self.role is None:
            return self.documented
        if caller in STRANGERS:
            return frozenset({401})
        if not Role(caller.split()[0]).reaches(self.role):
            return frozenset({403})
        return self.documented - {401, 403, 429}


def operations() -> Iterator[Operation]:
    """All that there are; HEAD, which is told of nowhere, is answered as GET."""
    paths = openapi.document()["paths"]
    for path, methods in paths.items():
        for method, told in methods.items():
            locks = {name: Role(role) for scheme in told.get("security", []) for name, [role] in scheme.items()}
            roles = set(locks.values())
            assert locks.keys() in ({"token", "session"}, set())
            assert len(roles) <= 1, f"{method} {path} needs {roles}"
            operation = Operation(
                method.upper(),
                path,
                roles.pop() if roles else None,
                frozenset(map(int, told["responses"])),
                "application/json" in told.get("requestBody", {}).get("content", {}),
            )
            yield operation
            if method == "get":
                yield replace(operation, method="HEAD")


OPERATIONS = list(operations())


class Callers:
    """Asks a running API as each kind of caller, each time from an address that has done no wrong so far."""

    def __init__(self, url: str, store: Store) -> None:
        self._url = url
        self._store = store
        self._tokens = {str(role): store.tokens.create(role, role, "test") for role in Role}
        self._expired = store.tokens.create("expired", Role.ADMIN, "test", expires_at=time.time() - 1)

    def ask(self, operation: Operation, caller: str) -> int:
        """The status that answers; of what goes on and on only that is waited for."""
        path = operation.path.replace("{id}", "job1").replace("{name}", "name1").replace("{key}", "max-retries")
        body: dict[str, str] | None = {} if operation.takes_json and caller not in STRANGERS else None
        with (
            browser(self._url) as client,
            client.stream(operation.method, path, headers=self._signed(caller), json=body) as answer,
        ):
            return answer.status_code

    def _signed(self, caller: str) -> dict[str, str]:
        match caller:
            case "no token":
                return {}
            case "bad token":
                return _bearer("queuectl_of-nobody")
            case "expired token":
                return _bearer(self._expired)
            case "bad session":
                return self._cookie("of-nobody")
            case "session of a revoked token":
                self._store.tokens.create("revoked", Role.ADMIN, "test")
                session, _ = self._store.tokens.begin_session("revoked")
                self._store.tokens.revoke("revoked")
                return self._cookie(session)
        role, _, means = caller.split()
        if means == "token":
            return _bearer(self._tokens[role])
        return self._cookie(self._store.tokens.begin_session(role)[0])  # one row signs out

    def _cookie(self, session: str) -> dict[str, str]:
        return {"Cookie": f"queuectl_session_{self._url.rpartition(':')[2]}={session}"}


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    """Of a queue of its own: an admin may do anything with it."""
    directory: Path = tmp_path_factory.mktemp("roles")
    migrate(directory)
    with running_api(directory, api_processes=1) as url, opened(directory / "queue.db") as store:
        yield Callers(url, store)


@pytest.mark.parametrize("caller", [*STRANGERS, *SIGNED_IN])
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_the_answer_is_the_documented_one(callers: Callers, operation: Operation, caller: str) -> None:
    assert callers.ask(operation, caller) in operation.answers(caller)


def test_nothing_is_open_that_need_not_be() -> None:
    assert {str(operation) for operation in OPERATIONS if operation.role is None} == OPEN


def test_reading_takes_a_viewer_and_changing_takes_more() -> None:
    own = {"/api/session", "/api/session/link"}  # what everybody may do with what is theirs
    reading = ("GET", "HEAD")
    changing = [operation for operation in OPERATIONS if operation.method not in reading and operation.path not in own]
    assert changing
    assert [str(operation) for operation in changing if operation.role is Role.VIEWER] == []


def test_an_endpoint_without_a_role_keeps_the_api_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    forgetful = APIRouter(prefix="/forgotten")

    @forgetful.get("", operation_id="forgotten")
    def forgotten() -> None: ...

    with monkeypatch.context() as patch:
        patch.setattr(audit, "router", forgetful)
        with pytest.raises(AssertionError, match="/api/forgotten names no role"):
            app.create(ApiSettings())
    app.create(ApiSettings())
