"""/api/tokens: they are made, shown once, used, listed and revoked; and what is no good token is told so."""

from itertools import product
from pathlib import Path

import httpx
import pytest

from queuectl_core.store.store import Store
from tests.names import unique
from tests.running import eventually, migrate, running_api
from tests.signed_in import client, created, elsewhere


def named(api: httpx.Client, name: str) -> dict[str, object] | None:
    """A token as the list has it."""
    items = api.get("/api/tokens").raise_for_status().json()["items"]
    return next((item for item in items if item["name"] == name), None)


def ask(url: str, headers: dict[str, str] | dict[bytes, bytes]) -> httpx.Response:
    """By a connection of its own, which any of the API's processes may take."""
    with elsewhere(url) as client:
        return client.get("/api/session", headers=headers)


def test_a_token_is_told_once_and_kept_nowhere(api: httpx.Client, data_dir: Path) -> None:
    name = unique()
    answer = api.post("/api/tokens", json={"name": name, "role": "operator"})
    assert answer.status_code == 201
    token = answer.json()
    secret = token.pop("token")
    assert secret.startswith("queuectl_")
    assert token == named(api, name)
    assert (token["role"], token["created_by"], token["expires_at"]) == ("operator", "QUEUECTL_TOKEN", None)
    api.get("/api/jobs", headers={"Authorization": f"Bearer {secret}"}).raise_for_status()
    files = [file for file in data_dir.rglob("*") if file.is_file()]
    assert files
    assert [file.name for file in files if secret.encode() in file.read_bytes()] == []


def test_the_last_use_is_known(api: httpx.Client) -> None:
    name, headers = created(api, "viewer")
    token = named(api, name)
    assert token is not None
    assert (token["last_used_at"], token["last_used_from"]) == (None, None)
    api.get("/api/session", headers=headers).raise_for_status()
    assert eventually(lambda: (named(api, name) or {})["last_used_from"]) == "127.0.0.1"


def test_a_revoked_token_and_what_was_signed_in_by_it_is_refused_at_once_by_all_processes(
    api: httpx.Client, url: str, store: Store
) -> None:
    name, headers = created(api, "admin")
    session, _ = store.tokens.begin_session(name)
    by_session = {"Cookie": f"queuectl_session_{url.rpartition(':')[2]}={session}"}
    for signed, status in product((headers, by_session), [200] * 10):
        assert ask(url, signed).status_code == status
    assert api.delete(f"/api/tokens/{name}").status_code == 204
    for signed, status in product((headers, by_session), [401] * 10):
        assert ask(url, signed).status_code == status
    assert named(api, name) is None


def test_an_expired_token_is_told_so(api: httpx.Client, url: str) -> None:
    name, headers = created(api, "admin", expires_in=0.001)
    eventually(lambda: ask(url, headers).status_code == 401)
    answer = ask(url, headers)
    assert answer.json()["detail"] == f"token '{name}' has expired: sign in with another one"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert named(api, name), "it is listed until it is revoked"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Basic cXVldWVjdGw6cXVldWVjdGw=",
        "queuectl_",
        "Bearer queuectl_",
        "Bearer a b",
        "Bearer é",
    ],
)
def test_what_is_no_token_of_ours_is_refused(url: str, authorization: str) -> None:
    answer = ask(url, {b"Authorization": authorization.encode()})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({"role": "viewer"}, "name: is missing"),
        ({"name": "a b", "role": "viewer"}, 'name "a b": must be 1 to 64 letters'),
        ({"name": "\x1b[2J", "role": "viewer"}, "must be 1 to 64 letters"),
        ({"name": "a", "role": "root"}, "role \"root\": must be 'viewer', 'operator' or 'admin'"),
        ({"name": "a", "role": "viewer", "expires_in": 0}, "expires_in 0: must be greater than 0"),
        ({"name": "a", "role": "viewer", "secret": "x"}, "secret: unknown field"),
    ],
)
def test_a_bad_token_is_not_made(api: httpx.Client, new: object, said: str) -> None:
    answer = api.post("/api/tokens", json=new)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_a_name_is_taken_until_its_token_is_revoked(api: httpx.Client) -> None:
    name, _ = created(api, "viewer")
    again = {"name": name, "role": "viewer"}
    assert api.post("/api/tokens", json=again).status_code == 409
    assert api.delete(f"/api/tokens/{name}").status_code == 204
    assert api.delete(f"/api/tokens/{name}").status_code == 404
    assert api.post("/api/tokens", json=again).status_code == 201


def test_the_last_token_of_an_admin_is_not_revoked(tmp_path: Path) -> None:
    migrate(tmp_path)
    with running_api(tmp_path, api_processes=1) as url, client(url) as api:
        created(api, "operator")
        created(api, "admin", expires_in=0.001)
        second, _ = created(api, "admin")
        api.delete(f"/api/tokens/{second}").raise_for_status()
        refusal = api.delete("/api/tokens/QUEUECTL_TOKEN")
        assert refusal.status_code == 409
        assert "is the last admin token" in refusal.json()["detail"]
        api.get("/api/tokens").raise_for_status()


def test_no_token_is_called_what_callers_without_one_are(api: httpx.Client) -> None:
    answer = api.post("/api/tokens", json={"name": "anybody", "role": "viewer"})
    assert answer.status_code == 422
    assert "'anybody' is what the audit log calls actors without a token: choose another name" in answer.text
