"""Web pages of others, in the browser of somebody who is signed in."""

import httpx
import pytest

from tests.attacks.wire import SIGNED, ask, head
from tests.signed_in import http

JOB = {"command": "echo taken over"}


@pytest.mark.parametrize("path", ["/api/status", "/api/jobs", "/healthz", "/readyz", "/metrics", "/"])
def test_a_page_whose_name_is_made_to_point_here_is_refused(api: httpx.Client, path: str) -> None:
    answer = api.get(path, headers={"Host": "evil.example"})
    assert answer.status_code == 421
    assert answer.json()["detail"] == (
        "Host 'evil.example' is not a name of this server: add it to QUEUECTL_ALLOWED_HOSTS"
    )


@pytest.mark.parametrize(
    "host",
    [
        "localhost.evil.example",
        "evil-localhost",
        "127.0.0.1.nip.example",
        "localhost@evil.example",
        "evil.example:8000",
        "127.1",
        "0x7f000001",
        "localhost:8000:8000",
        "localhost:port",
        "[::1",
        "loc alhost",
        "a" * 5000,
        "",
    ],
)
def test_what_only_looks_like_a_name_of_this_machine_is_refused(api: httpx.Client, host: str) -> None:
    assert api.get("/healthz", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "queue.localhost:8080", "127.0.0.1:99", "[::1]:8000", "192.0.2.1"]
)
def test_this_machine_and_every_address_are_not(api: httpx.Client, host: str) -> None:
    assert api.get("/healthz", headers={"Host": host}).status_code == 200


def test_a_request_names_one_host(url: str) -> None:
    assert ask(url, b"GET /healthz HTTP/1.1\r\n\r\n").status in (400, 421)
    assert ask(url, b"GET /healthz HTTP/1.0\r\n\r\n").status == 421
    two = head("GET /healthz", "Host: evil.example")
    assert "must name its Host once" in ask(url, two).problem


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://localhost:1", "http://127.0.0.1", "null", "file://", "http://", "http://[", "x"],
)
def test_no_other_page_may_call_it_with_whatever_credentials(
    api: httpx.Client, browser: httpx.Client, origin: str
) -> None:
    for signed in (api, browser):
        for method, path in (
            ("GET", "/api/jobs"),
            ("POST", "/api/jobs"),
            ("POST", "/api/session"),
            ("DELETE", "/api/dlq"),
        ):
            body = JOB if method == "POST" else None
            answer = signed.request(method, path, json=body, headers={"Origin": origin})
            assert answer.status_code == 403
            assert "other sites' pages may not call it" in answer.json()["detail"]
            assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_no_page_is_told_that_it_may(url: str) -> None:
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = http.options(f"{url}/api/jobs", headers=asked)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "site",
    [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}],
)
def test_the_cookie_alone_changes_nothing(browser: httpx.Client, site: dict[str, str]) -> None:
    for method, path in (("POST", "/api/jobs"), ("DELETE", "/api/session"), ("PUT", "/api/config/max-retries")):
        answer = browser.request(method, path, json=JOB if method == "POST" else None, headers=site)
        assert answer.status_code == 403
        assert "only from this server's own pages" in answer.json()["detail"]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense", ""])
def test_nor_does_it_read_for_another_page(browser: httpx.Client, site: str) -> None:
    """A page at another port of this host is of the same site, so its images come with the cookie."""
    for path in ("/api/status", "/api/backup"):
        answer = browser.get(path, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
        assert "other sites' pages may not use it" in answer.json()["detail"]
    assert browser.get("/", headers={"Sec-Fetch-Site": site}).status_code == 200  # a link to the page


@pytest.mark.parametrize("site", [{}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin"}])
def test_an_address_that_is_typed_is_no_other_page(browser: httpx.Client, site: dict[str, str]) -> None:
    assert browser.get("/api/status", headers=site).status_code == 200


@pytest.mark.parametrize("given", ["Basic eDp5", "Bearer", "Negotiate x", ""])
def test_whatever_else_signs_a_request_counts_in_place_of_the_cookie(browser: httpx.Client, given: str) -> None:
    """So nothing that a browser adds by itself makes a session pass for a token."""
    for method in ("GET", "POST"):
        body = JOB if method == "POST" else None
        answer = browser.request(method, "/api/jobs", json=body, headers={"Authorization": given})
        assert answer.status_code in (401, 429)


def test_the_page_itself_may(browser: httpx.Client, url: str) -> None:
    for own in ({"Origin": url}, {"Sec-Fetch-Site": "same-origin"}):
        assert browser.post("/api/jobs", json=JOB, headers=own).status_code == 201


def test_a_token_needs_no_origin_as_no_page_can_send_it(api: httpx.Client) -> None:
    assert api.post("/api/jobs", json=JOB, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 201


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_enqueues_nothing(browser: httpx.Client, url: str, kind: str) -> None:
    body = b'{"command": "echo taken over"}'
    answer = browser.post("/api/jobs", content=body, headers={"Content-Type": kind, "Origin": url})
    assert answer.status_code in (415, 422)


def test_no_answer_may_be_framed_or_taken_for_something_else(api: httpx.Client) -> None:
    for path in ("/api/status", "/api/jobs/nope", "/healthz", "/metrics", "/api/docs", "/"):
        told = api.get(path).headers
        assert "frame-ancestors 'none'" in told["content-security-policy"]
        assert "unsafe" not in told["content-security-policy"]
        assert told["x-content-type-options"] == "nosniff"
        assert told["cross-origin-resource-policy"] == "same-origin"
        assert told["referrer-policy"] == "no-referrer"
        assert path == "/" or told["cache-control"] == "no-store"


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(url: str) -> None:
    token = SIGNED.split()[-1]
    with httpx.Client(base_url=url) as stranger:
        cookie = stranger.post("/api/session", json={"token": token}).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
