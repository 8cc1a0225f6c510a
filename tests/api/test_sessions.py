"""/api/session: a browser signs in by a token or a link, stays signed in for as long as it may, and signs out."""

import shutil
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from queuectl_api.credentials import Credentials
from queuectl_core.model.errors import NotSignedIn
from queuectl_core.model.role import Role
from queuectl_core.store.store import Store
from tests.opened import opened
from tests.running import eventually
from tests.signed_in import TOKEN, browser, created, elsewhere


@pytest.fixture
def page(url: str) -> httpx.Client:
    """A browser that has not signed in yet."""
    return browser(url)


def secret(headers: dict[str, str]) -> str:
    return headers["Authorization"].removeprefix("Bearer ")


def sign_in(page: httpx.Client, token: str = TOKEN) -> httpx.Response:
    return page.post("/api/session", json={"token": token})


def who(page: httpx.Client) -> str | int:
    """The name by which it is signed in, or the status where it is not."""
    answer = page.get("/api/session")
    return str(answer.json()["name"]) if answer.is_success else answer.status_code


def cookies(answer: httpx.Response) -> SimpleCookie:
    return SimpleCookie(answer.headers["set-cookie"])


def test_a_browser_that_has_signed_in_may_do_what_its_token_may(api: httpx.Client, page: httpx.Client) -> None:
    name, headers = created(api, "operator")
    assert who(page) == 401
    answer = sign_in(page, secret(headers))
    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["role"]) == (name, "operator")
    assert page.get("/api/session").json() == answer.json() | {"authenticated": True}
    assert page.post("/api/jobs", json={"command": "true"}).status_code == 201
    assert page.get("/api/tokens").status_code == 403


def test_no_script_reads_the_cookie_and_no_other_site_has_it_sent(page: httpx.Client, url: str) -> None:
    port = url.rpartition(":")[2]
    signed_in, signed_out = sign_in(page), page.delete("/api/session")
    for answer in (signed_in, signed_out):
        [(name, cookie)] = cookies(answer).items()
        assert name == f"queuectl_session_{port}", "cookies know no ports"
        assert cookie["httponly"]
        assert cookie["samesite"].lower() == "strict"
        assert cookie["path"] == "/"
        assert not cookie["domain"]
        assert not cookie["secure"], "over http it would not be sent"
    assert TOKEN not in signed_in.text + str(signed_in.headers)
    assert cookies(signed_out).popitem()[1]["max-age"] == "0"


def test_a_session_lasts_a_week_but_no_longer_than_its_token(api: httpx.Client, page: httpx.Client) -> None:
    def ends() -> timedelta:
        told = page.get("/api/session").json()["expires_at"]
        return datetime.fromisoformat(told) - datetime.now(UTC)

    sign_in(page)
    assert timedelta(days=6) < ends() <= timedelta(days=7)
    _, headers = created(api, "viewer", expires_in=3600)
    sign_in(page, secret(headers))
    assert ends() <= timedelta(hours=1)
    page.cookies.clear()
    page.headers.update(headers)
    assert ends() <= timedelta(hours=1)
    assert api.get("/api/session").json()["expires_at"] is None


def test_a_session_ends_with_its_token(api: httpx.Client, page: httpx.Client, url: str) -> None:
    _, headers = created(api, "viewer", expires_in=3)  # long enough to sign in on a busy machine
    [(name, cookie)] = cookies(sign_in(page, secret(headers)).raise_for_status()).items()
    kept = {"Cookie": f"{name}={cookie.value}"}  # a browser would forget it by itself
    with elsewhere(url) as other:
        eventually(lambda: other.get("/api/session", headers=kept).status_code == 401)
    answer = sign_in(page, secret(headers))
    assert answer.status_code == 401
    assert "has expired" in answer.json()["detail"]


def test_signing_out_ends_this_session_and_no_other(page: httpx.Client, url: str) -> None:
    other = browser(url)
    for signed_in in (page, other):
        sign_in(signed_in)
    kept = dict(page.cookies)
    assert page.delete("/api/session").status_code == 204
    assert not page.cookies
    page.cookies.update(kept)
    assert who(page) == 401, "also for whoever has kept the cookie"
    assert who(other) == "QUEUECTL_TOKEN"


def test_signing_out_everywhere_ends_all_sessions_and_links_of_the_token(
    api: httpx.Client, page: httpx.Client, url: str
) -> None:
    _, headers = created(api, "viewer")
    code = api.post("/api/session/link", headers=headers).json()["url"].partition("#")[2]
    others = [browser(url) for _ in range(3)]
    for signed_in in (page, *others[:2]):
        sign_in(signed_in, secret(headers))
    sign_in(others[2])
    assert page.delete("/api/session", params={"everywhere": True}).status_code == 204
    assert [who(other) for other in (page, *others)] == [401, 401, 401, "QUEUECTL_TOKEN"]
    assert page.post("/api/session", json={"code": code}).status_code == 401
    assert api.get("/api/session", headers=headers).is_success, "the token itself is as good as before"


def test_a_token_signs_out_no_session_but_everywhere(api: httpx.Client, page: httpx.Client) -> None:
    _, headers = created(api, "viewer")
    sign_in(page)
    assert page.delete("/api/session", headers=headers).status_code == 204, "it has no session"
    sign_in(page, secret(headers))
    api.delete("/api/session", headers=headers, params={"everywhere": True}).raise_for_status()
    assert who(page) == 401


def test_a_token_counts_more_than_a_session(api: httpx.Client, page: httpx.Client, store: Store) -> None:
    name, headers = created(api, "viewer")
    sign_in(page)
    kept = dict(page.cookies)
    assert page.get("/api/session", headers=headers).json()["name"] == name
    page.delete("/api/session", headers=headers)
    page.cookies.update(kept)
    assert who(page) == "QUEUECTL_TOKEN", "the session was somebody else's"


def test_signing_in_anew_ends_the_session_before(api: httpx.Client, page: httpx.Client) -> None:
    sign_in(page)
    before = dict(page.cookies)
    name, headers = created(api, "viewer")
    sign_in(page, secret(headers))
    assert who(page) == name
    page.cookies.clear()
    page.cookies.update(before)
    assert who(page) == 401


def test_a_link_signs_in_once_as_who_asked_for_it(api: httpx.Client, page: httpx.Client, url: str) -> None:
    name, headers = created(api, "operator")
    link = api.post("/api/session/link", headers=headers).raise_for_status().json()
    address, _, code = link["url"].partition("#")
    assert address == f"{url}/sign-in"
    assert datetime.fromisoformat(link["expires_at"]) - datetime.now(UTC) <= timedelta(hours=1)
    assert page.post("/api/session", json={"code": code}).status_code == 201
    assert who(page) == name
    again = browser(url).post("/api/session", json={"code": code})
    assert again.status_code == 401
    assert "was already used" in again.json()["detail"]


def make_link(by: httpx.Client, headers: dict[str, str] | None = None) -> str:
    """The code of a sign-in link."""
    link = by.post("/api/session/link", headers=headers).raise_for_status().json()
    return str(link["url"].partition("#")[2])


def test_a_sign_in_makes_other_links_of_its_token_void(api: httpx.Client, page: httpx.Client, url: str) -> None:
    _, headers = created(api, "viewer")
    first, second = make_link(api, headers), make_link(api, headers)
    assert page.post("/api/session", json={"code": second}).status_code == 201
    assert browser(url).post("/api/session", json={"code": first}).status_code == 401
    third = make_link(api, headers)
    sign_in(page, secret(headers))
    assert browser(url).post("/api/session", json={"code": third}).status_code == 401


def test_a_link_that_a_session_made_ends_with_it(api: httpx.Client, page: httpx.Client, url: str) -> None:
    _, headers = created(api, "viewer")
    sign_in(page, secret(headers))
    code = make_link(page)
    page.delete("/api/session").raise_for_status()
    assert browser(url).post("/api/session", json={"code": code}).status_code == 401


def test_a_session_begun_by_the_link_of_another_ends_with_that(api: httpx.Client, page: httpx.Client, url: str) -> None:
    name, headers = created(api, "viewer")
    end = sign_in(page, secret(headers)).json()["expires_at"]
    second, third = browser(url), browser(url)
    for maker, follower in ((page, second), (second, third)):
        answer = follower.post("/api/session", json={"code": make_link(maker)})
        assert answer.json()["expires_at"] == end
    assert [who(signed_in) for signed_in in (page, second, third)] == [name] * 3
    page.delete("/api/session").raise_for_status()
    assert [who(signed_in) for signed_in in (page, second, third)] == [401] * 3


def test_a_session_cannot_renew_itself_by_its_own_link(api: httpx.Client, page: httpx.Client, url: str) -> None:
    name, headers = created(api, "viewer")
    end = sign_in(page, secret(headers)).json()["expires_at"]
    other = browser(url)
    other.post("/api/session", json={"code": make_link(page)}).raise_for_status()
    before = dict(page.cookies)
    for maker in (page, other):
        answer = page.post("/api/session", json={"code": make_link(maker)})
        assert (answer.status_code, answer.json()["expires_at"]) == (201, end)
        assert dict(page.cookies) == before
    assert who(other) == name, "nothing has ended"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"token": "queuectl_of-nobody"}, 401, "is unknown or was revoked"),
        ({"code": "of-nobody"}, 401, "has expired, was already used"),
        ({}, 422, "must hold either token or code"),
        ({"token": TOKEN, "code": "x"}, 422, "must hold either token or code"),
        ({"token": ""}, 422, "token"),
        ({"token": "x" * 201}, 422, "at most 200 characters"),
        ({"name": "admin"}, 422, "unknown field"),
    ],
)
def test_who_cannot_be_signed_in_is_told_why(page: httpx.Client, body: object, status: int, said: str) -> None:
    answer = page.post("/api/session", json=body)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text
    assert "set-cookie" not in answer.headers


# Several cookies of that name: other programs on the same host can set them, for another path or a domain


def cookie(url: str, *values: str) -> dict[str, str]:
    """What a browser sends that has these."""
    name = f"queuectl_session_{url.rpartition(':')[2]}"
    return {"Cookie": "; ".join(["theme=dark", *(f"{name}={value}" for value in values)])}


@pytest.mark.parametrize("place", [0, 1, 100])
def test_other_cookies_of_that_name_lock_nobody_out(store: Store, page: httpx.Client, url: str, place: int) -> None:
    session, _ = store.tokens.begin_session("QUEUECTL_TOKEN")
    planted = [f"planted-{number}" for number in range(100)]
    all_of_them = cookie(url, *planted[:place], session, *planted[place:])
    assert page.get("/api/session", headers=all_of_them).json()["name"] == "QUEUECTL_TOKEN"
    assert page.post("/api/jobs", json={"command": "true"}, headers=all_of_them).status_code == 201
    assert page.delete("/api/session", headers=all_of_them).status_code == 204
    assert page.get("/api/session", headers=all_of_them).status_code == 401


def test_a_browser_with_a_planted_cookie_can_sign_in(page: httpx.Client, url: str) -> None:
    answer = page.post("/api/session", json={"token": TOKEN}, headers=cookie(url, "planted"))
    [new] = cookies(answer).values()
    page.cookies.clear()
    assert page.get("/api/session", headers=cookie(url, "planted", new.value)).is_success


def test_signing_out_ends_all_sessions_that_the_browser_has(store: Store, page: httpx.Client, url: str) -> None:
    sessions = [store.tokens.begin_session("QUEUECTL_TOKEN")[0] for _ in range(3)]
    page.delete("/api/session", headers=cookie(url, *sessions)).raise_for_status()
    assert [store.tokens.by_session(session) for session in sessions] == [None] * 3


def test_no_other_session_takes_the_place_of_one_that_has_ended(migrated: Path, tmp_path: Path) -> None:
    database = shutil.copy(migrated, tmp_path)
    with opened(Path(database)) as store:
        for name in ("first", "second"):
            store.tokens.create(name, Role.ADMIN, "test")
        sessions = [store.tokens.begin_session(name)[0] for name in ("first", "second")]
        header = "; ".join(f"queuectl_session_8000={session}" for session in sessions)
        scope = {"type": "http", "scheme": "http", "server": ("localhost", 8000), "path": "/", "query_string": b""}
        credentials = Credentials(Request({**scope, "headers": [(b"cookie", header.encode())]}))
        assert credentials.find(store).name == "first"
        store.tokens.end_session(sessions[0])
        with pytest.raises(NotSignedIn, match="has ended"):
            credentials.find(store)


@pytest.mark.parametrize("cookie", ["", "x", "é", TOKEN])
def test_what_is_no_session_is_refused(page: httpx.Client, url: str, cookie: str) -> None:
    name = f"queuectl_session_{url.rpartition(':')[2]}"
    answer = page.get("/api/session", headers={b"Cookie": f"{name}={cookie}".encode()})
    assert answer.status_code == 401
