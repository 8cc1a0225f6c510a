"""Whoever says that they come from elsewhere."""

import subprocess
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from queuectl_api.login_throttle import AT_ONCE
from tests.running import BIN, clean_environment, migrate, running_api
from tests.signed_in import TOKEN, client

FAR = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}


def seen(url: str, headers: dict[str, str]) -> tuple[str, bool]:
    """From where the API says that too many tokens came, and whether a session's cookie is for https only."""
    with httpx.Client(base_url=url, headers=headers) as caller:
        signed_in = caller.post("/api/session", json={"token": TOKEN})
        for number in range(AT_ONCE + 1):
            refused = caller.get("/api/status", headers={"Authorization": f"Bearer wrong-{number}"})
    return refused.json()["detail"].split()[5], "; Secure" in signed_in.headers["set-cookie"]


@pytest.mark.parametrize("proxies", ["", "192.0.2.1,nowhere.invalid"])
def test_nobody_is_believed_where_they_come_from(tmp_path: Path, proxies: str) -> None:
    migrate(tmp_path)
    with running_api(tmp_path, api_processes=1, proxies=proxies) as url:
        assert seen(url, FAR) == ("127.0.0.1", False)


@pytest.mark.parametrize("proxies", ["127.0.0.1", "nowhere.invalid, localhost"])
def test_a_proxy_of_ours_is_for_the_last_that_it_tells(tmp_path: Path, proxies: str) -> None:
    migrate(tmp_path)
    with running_api(tmp_path, api_processes=1, proxies=proxies) as url:
        assert seen(url, FAR) == ("203.0.113.9", True)
        assert seen(url, {"X-Forwarded-For": "1.2.3.4, nonsense"}) == ("127.0.0.1", False)
        with client(url) as api:
            link = api.post("/api/session/link", headers=FAR).json()["url"]
        assert link.startswith(url.replace("http:", "https:") + "/sign-in#")


def test_over_https_only_this_host_itself_can_set_the_cookie(tmp_path: Path) -> None:
    migrate(tmp_path)
    https = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    with running_api(tmp_path, api_processes=1, proxies="127.0.0.1") as url, httpx.Client(base_url=url) as page:
        page.headers = httpx.Headers(https | {"Origin": url.replace("http:", "https:")})
        answer = page.post("/api/session", json={"token": TOKEN})
        [(name, cookie)] = SimpleCookie(answer.headers["set-cookie"]).items()
        assert name == f"__Host-queuectl_session_{url.rpartition(':')[2]}"
        assert (cookie["path"], cookie["domain"], cookie["secure"]) == ("/", "", True)
        page.cookies.clear()
        plain = f"{name.removeprefix('__Host-')}={cookie.value}"
        assert page.get("/api/session", headers={"Cookie": plain}).status_code == 401, "another host can have set it"
        signed = {"Cookie": f"{plain}x; {name}={cookie.value}"}
        assert page.get("/api/session", headers=signed).json()["name"] == "QUEUECTL_TOKEN"
        signed_out = page.delete("/api/session", headers=signed)
        [(gone, cookie)] = SimpleCookie(signed_out.headers["set-cookie"]).items()
        assert (gone, cookie["max-age"], cookie["secure"]) == (name, "0", True)
        assert page.get("/api/session", headers=signed).status_code == 401


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "ALLOWED_HOSTS",
            "queue.example,*",
            "must be host names separated by commas, without ports or wildcards, not '*'",
        ),
        ("ALLOWED_HOSTS", "queue.example:80", "not 'queue.example:80'"),
        ("ALLOWED_HOSTS", "http://queue.example", "not 'http://queue.example'"),
        ("PROXIES", "10.0.0.0/8", "must be host names or addresses separated by commas, not '10.0.0.0/8'"),
        ("BATCH_BYTES", "0", "greater than or equal to 1"),
    ],
)
def test_a_setting_that_would_let_in_too_many_is_refused(tmp_path: Path, name: str, value: str, told: str) -> None:

    done = subprocess.run(
        [BIN / "queuectl-api"],
        env=clean_environment(data_dir=tmp_path) | {f"QUEUECTL_{name}": value},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"queuectl-api: QUEUECTL_{name}={value}: ")
    assert told in done.stderr


def test_a_name_that_was_added_is_a_name_of_this_server(tmp_path: Path) -> None:
    migrate(tmp_path)
    with running_api(tmp_path, api_processes=1, allowed_hosts="Queue.example, other.example") as url:
        for host, status in (("queue.example", 200), ("QUEUE.example:8000", 200), ("x.queue.example", 421)):
            assert httpx.get(f"{url}/healthz", headers={"Host": host}).status_code == status
