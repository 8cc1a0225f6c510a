"""queuectl token: create, list, revoke and show tokens, and sign-in links."""

import json
import re
import uuid

import httpx
import pytest

from tests.cli.conftest import Queuectl
from tests.cli.terminal import Terminal
from tests.signed_in import TOKEN
from tests.system import System


@pytest.fixture
def name() -> str:
    """A unique name."""
    return f"t{uuid.uuid4().hex}"


def row(queuectl: Queuectl, name: str) -> list[str]:
    """A token's row in the list."""
    rows = [line.split("\t") for line in queuectl("token", "list").out.splitlines()]
    return next((row for row in rows if row[0] == name), [])


def test_the_secret_of_a_new_token_is_all_that_stdout_gets(queuectl: Queuectl, name: str) -> None:
    done = queuectl("token", "create", name)
    assert re.fullmatch(r"queuectl_[\w-]{43}\n", done.out)
    assert done.err == f"token '{name}', operator, does not expire: shown only once\n"
    assert row(queuectl, name) == [name, "operator", "QUEUECTL_TOKEN", "never", "never", ""]
    assert queuectl("enqueue", "--delay", "600", "--", "true", env={"QUEUECTL_TOKEN": done.out.strip()}).status == 0
    assert queuectl("token", "list", env={"QUEUECTL_TOKEN": done.out.strip()}).status == 4
    assert json.loads(queuectl("token", "list", "--json").out)[0].keys() >= {"name", "role", "last_used_at"}


def test_a_token_has_a_role_and_an_end(queuectl: Queuectl, name: str) -> None:
    made = json.loads(queuectl("token", "create", name, "--role", "viewer", "--expires-in", "12h", "--json").out)
    assert (made["name"], made["role"], made["token"][:9]) == (name, "viewer", "queuectl_")
    assert row(queuectl, name)[1:4] == ["viewer", "QUEUECTL_TOKEN", "in 11h"]
    assert "must be a duration like 90, 90s, 10m" in queuectl("token", "create", name, "--expires-in", "soon").err
    assert queuectl("token", "create", name, "--role", "king").status == 2
    assert queuectl("token", "create", name).status == 1


def test_a_revoked_token_is_no_longer_valid(queuectl: Queuectl, system: System, name: str) -> None:
    secret = queuectl("token", "create", name).out.strip()
    refused = queuectl("token", "revoke", name)
    assert (refused.status, "confirm with --yes" in refused.err) == (2, True)
    terminal = Terminal(system, "token", "revoke", name)
    terminal.shows(f"Revoke {name}? Whoever uses it loses access. [y/N]")
    terminal.types("y\n")
    assert terminal.wait() == 0
    assert queuectl("status", env={"QUEUECTL_TOKEN": secret}).status == 4
    assert row(queuectl, name) == []
    assert queuectl("token", "revoke", "--yes", name).status == 1


def test_a_link_signs_a_browser_in_once(queuectl: Queuectl, system: System) -> None:
    link = queuectl("token", "link").out.strip()
    address, _, code = link.partition("#")
    assert address == f"{system.url}/sign-in"
    answers = [httpx.post(f"{system.url}/api/session", json={"code": code}).status_code for _ in range(2)]
    assert answers == [201, 401]
    assert json.loads(queuectl("token", "link", "--json").out)["expires_at"]


def test_the_token_is_shown_for_other_programs(queuectl: Queuectl) -> None:
    assert queuectl("token", "show").out == TOKEN + "\n"
