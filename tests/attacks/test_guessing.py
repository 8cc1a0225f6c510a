"""Ten thousand wrong tokens."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from queuectl_api.strangers import AT_ONCE, MOST_ADDRESSES, Strangers, TooManyFailures
from queuectl_core.token import new_secret
from tests.running import migrate, processes, running_api
from tests.signed_in import TOKEN, client

MANY = 10_000
TOLD = re.compile(r"too many sign-ins from (\S+) have failed: try again in ([1-6]) s, with a token that is known here")


def test_ten_thousand_wrong_tokens_open_nothing_and_hold_nobody_up(tmp_path: Path) -> None:
    migrate(tmp_path)
    log = tmp_path / "api.log"
    with running_api(tmp_path, log, api_processes=1) as url:
        before = memory(tmp_path)

        def guess(number: int) -> list[int]:
            with httpx.Client(base_url=url, timeout=60) as stranger:
                return [attempt(stranger, way) for way in range(number)]

        with ThreadPoolExecutor(4) as crowd:
            guesses = [crowd.submit(guess, MANY // 4) for _ in range(4)]
            with client(url) as good:
                while not all(guessing.done() for guessing in guesses):
                    assert good.get("/api/status").status_code == 200
            statuses = [status for guessing in guesses for status in guessing.result()]
        assert set(statuses) == {401, 429}
        assert statuses.count(401) < MANY / 100
        with client(url) as good:
            assert good.post("/api/jobs", json={"command": "true"}).status_code == 201
            assert good.post("/api/session", json={"token": TOKEN}).status_code == 201
        assert memory(tmp_path) < before + (32 << 20)
    warned = [line for line in log.read_text().splitlines() if "WARNING" in line]
    assert len(warned) == 1
    assert warned[0].endswith("too many sign-ins from 127.0.0.1 have failed: answering 429 to the next ones")


def attempt(stranger: httpx.Client, way: int) -> int:
    """A wrong token, a wrong session, or a wrong sign-in; what was answered."""
    secret = new_secret()
    match way % 4:
        case 0:
            answer = stranger.post("/api/session", json={"token": secret})
        case 1:
            answer = stranger.post(
                "/api/session", json={"code": secret}, headers={"Origin": str(stranger.base_url).rstrip("/")}
            )
        case 2:
            cookie = f"queuectl_session_{stranger.base_url.port}={secret}"
            answer = stranger.get("/api/status", headers={"Cookie": cookie})
        case _:
            answer = stranger.get("/api/status", headers={"Authorization": f"Bearer {secret}"})
    if answer.status_code == 429:
        match = TOLD.fullmatch(answer.json()["detail"])
        assert match
        assert answer.headers["retry-after"] == match[2]
    return answer.status_code


def memory(data_dir: Path) -> int:
    """Bytes that the API's processes hold."""
    status = "".join((process / "status").read_text() for process in processes(data_dir))
    return sum(int(size) << 10 for size in re.findall(r"VmRSS:\s+(\d+) kB", status))


def test_whoever_has_not_signed_in_is_not_taken_for_one_who_guesses(tmp_path: Path) -> None:
    migrate(tmp_path)
    with running_api(tmp_path, api_processes=1) as url, httpx.Client(base_url=url) as visitor:
        assert {visitor.get("/api/status").status_code for _ in range(3 * AT_ONCE)} == {401}


def test_what_is_remembered_of_strangers_is_bounded() -> None:
    strangers = Strangers()
    for number in range(2 * MOST_ADDRESSES):
        strangers.failed(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(strangers._of) == MOST_ADDRESSES


def test_all_addresses_of_one_network_of_ipv6_count_as_one() -> None:
    strangers = Strangers()
    refused = 0
    for number in range(2 * AT_ONCE):
        try:
            strangers.failed(f"2001:db8::{number:x}")
        except TooManyFailures:
            refused += 1
    strangers.failed("2001:db8:0:1::1")
    assert refused == AT_ONCE


def test_no_part_of_a_token_is_in_any_log(tmp_path: Path) -> None:
    migrate(tmp_path)
    log = tmp_path / "api.log"
    secret = new_secret()
    with running_api(tmp_path, log, log_level="debug") as url, client(url) as api:
        made = api.post("/api/tokens", json={"name": "ci", "role": "viewer"}).json()["token"]
        link = api.post("/api/session/link").json()["url"].partition("#")[2]
        for shown in (secret, made, TOKEN, link):
            for _ in range(2 * AT_ONCE):
                httpx.get(f"{url}/api/status", headers={"Authorization": f"Bearer {shown}"})
            httpx.get(f"{url}/api/status", params={"token": shown})
            httpx.get(f"{url}/api/jobs/{shown}", headers={"Authorization": f"Basic {shown}"})
            httpx.get(f"{url}/api/status", headers={"Cookie": f"queuectl_session_{httpx.URL(url).port}={shown}"})
            httpx.post(f"{url}/api/session", json={"token": shown})
            httpx.post(f"{url}/api/session", json={"code": shown})
            httpx.post(f"{url}/api/session", json={"token": shown, "code": [shown]})
            httpx.post(f"{url}/api/session", content=f'{{"token": "{shown}'.encode())
    told = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*.log"))
    assert "Application startup complete" in told
    for shown in (secret, made, TOKEN, link):
        part = shown.removeprefix("queuectl_")[:12]
        assert part not in told
