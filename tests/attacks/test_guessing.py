"""Ten thousand wrong tokens."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from queuectl_api.address import address
from queuectl_api.login_throttle import AT_ONCE, MOST_ADDRESSES, MOST_TRIED, LoginThrottle, TooManyGuesses
from queuectl_core.model.errors import DatabaseBusy, UnknownSecret
from queuectl_core.model.token import new_secret
from tests.running import eventually, migrate, processes, running_api
from tests.signed_in import TOKEN, VERIFY, client, created, elsewhere

MANY = 3_000
TOLD = re.compile(r"too many different tokens from (\S+) were wrong: this one was not tried, try again in ([1-6]) s")


def test_thousands_of_wrong_tokens_open_nothing_and_hold_nobody_up(tmp_path: Path) -> None:
    migrate(tmp_path)
    log = tmp_path / "api.log"
    with running_api(tmp_path, log, api_processes=1) as url:
        before = memory(tmp_path)

        def guess(number: int) -> list[int]:
            with httpx.Client(base_url=url, timeout=60, verify=VERIFY) as guessing:
                return [attempt(guessing, way) for way in range(number)]

        with ThreadPoolExecutor(4) as crowd, client(url) as good:
            assert good.get("/api/status").status_code == 200, "it is known from now on"
            guesses = [crowd.submit(guess, MANY // 4) for _ in range(4)]
            while not all(guessing.done() for guessing in guesses):
                assert good.get("/api/status").status_code == 200
            statuses = [status for guessing in guesses for status in guessing.result()]
        assert set(statuses) == {401, 429}
        assert statuses.count(401) < MANY / 50
        with client(url) as good:
            assert good.post("/api/jobs", json={"command": "true"}).status_code == 201
            assert good.post("/api/session", json={"token": TOKEN}).status_code == 201
        assert memory(tmp_path) < before + (32 << 20)
    warned = [line for line in log.read_text().splitlines() if "WARNING" in line]
    assert len(warned) == 1
    assert "too many different tokens from 127.0.0.1 were wrong: answering 429 to further ones" in warned[0]


def attempt(guessing: httpx.Client, way: int) -> int:
    """A wrong token, or a wrong sign-in; what was answered."""
    secret = new_secret()
    match way % 3:
        case 0:
            answer = guessing.post("/api/session", json={"token": secret})
        case 1:
            answer = guessing.post(
                "/api/session", json={"code": secret}, headers={"Origin": str(guessing.base_url).rstrip("/")}
            )
        case _:
            answer = guessing.get("/api/status", headers={"Authorization": f"Bearer {secret}"})
    if answer.status_code == 429:
        match = TOLD.fullmatch(answer.json()["detail"])
        assert match
        assert answer.headers["retry-after"] == match[2]
    return answer.status_code


def memory(data_dir: Path) -> int:
    """Bytes that the API's processes hold."""
    status = "".join((process / "status").read_text() for process in processes(data_dir))
    return sum(int(size) << 10 for size in re.findall(r"VmRSS:\s+(\d+) kB", status))


def test_a_request_without_a_token_is_no_guess(tmp_path: Path) -> None:
    migrate(tmp_path)
    with running_api(tmp_path, api_processes=1) as url, httpx.Client(base_url=url) as visitor:
        assert {visitor.get("/api/status").status_code for _ in range(3 * AT_ONCE)} == {401}


def test_what_is_remembered_of_guesses_is_bounded() -> None:
    throttle = LoginThrottle()
    for number in range(2 * max(MOST_ADDRESSES, MOST_TRIED)):
        assert is_looked_up(throttle, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", new_secret())
    assert (len(throttle._budgets), len(throttle._tried)) == (MOST_ADDRESSES, MOST_TRIED)


def test_all_addresses_of_one_network_of_ipv6_count_as_one() -> None:
    throttle = LoginThrottle()
    looked_up = [is_looked_up(throttle, f"2001:db8::{number:x}", new_secret()) for number in range(2 * AT_ONCE)]
    assert looked_up == AT_ONCE * [True] + AT_ONCE * [False]
    assert is_looked_up(throttle, "2001:db8:0:1::1", new_secret())


def test_guesses_at_the_same_time_are_no_cheaper_than_one_after_the_other() -> None:
    throttle = LoginThrottle()
    with ExitStack() as at_once:
        for _ in range(AT_ONCE):
            at_once.enter_context(throttle.guess("192.0.2.7", new_secret()))
        assert not is_looked_up(throttle, "192.0.2.7", new_secret())
    assert is_looked_up(throttle, "192.0.2.7", new_secret()), "right ones cost nothing in the end"


def test_the_same_secret_at_the_same_time_is_one_guess() -> None:
    throttle, right = LoginThrottle(), new_secret()
    with ExitStack() as at_once:
        for _ in range(2 * AT_ONCE):
            at_once.enter_context(throttle.guess("192.0.2.7", right))
    looked_up = [is_looked_up(throttle, "192.0.2.7", new_secret()) for _ in range(2 * AT_ONCE)]
    assert sum(looked_up) == AT_ONCE


def test_a_wrong_guess_is_charged_although_the_same_one_was_broken_off_meanwhile() -> None:
    throttle = LoginThrottle()
    looked_up = 0
    for secret in [new_secret() for _ in range(2 * AT_ONCE)]:
        with suppress(UnknownSecret, TooManyGuesses), throttle.guess("192.0.2.7", secret):
            with suppress(DatabaseBusy), throttle.guess("192.0.2.7", secret):
                raise DatabaseBusy("locked")
            looked_up += 1
            raise UnknownSecret("wrong")
    assert looked_up == AT_ONCE


def test_what_could_not_be_looked_up_is_not_known() -> None:
    throttle = LoginThrottle()
    secrets = [new_secret() for _ in range(2 * AT_ONCE)]
    for secret in secrets:
        with suppress(DatabaseBusy), throttle.guess("192.0.2.7", secret):
            raise DatabaseBusy("locked")
    assert sum(is_looked_up(throttle, "192.0.2.7", secret) for secret in secrets) == AT_ONCE


def test_an_ipv4_address_that_is_written_as_ipv6_counts_by_itself() -> None:
    assert address(Request({"type": "http", "client": ("::ffff:192.0.2.7", 1)})) == "192.0.2.7"


def is_looked_up(throttle: LoginThrottle, address: str, secret: str) -> bool:
    """Whether a secret, a wrong one, is looked up at all."""
    looked_up = False
    with suppress(UnknownSecret, TooManyGuesses), throttle.guess(address, secret):
        looked_up = True
        raise UnknownSecret("wrong")
    return looked_up


@pytest.fixture
def api_url(tmp_path: Path) -> Iterator[str]:
    """An API of one process, at which nobody has guessed yet."""
    migrate(tmp_path)
    with running_api(tmp_path, api_processes=1) as url:
        yield url


def status_with(client: httpx.Client, secret: str) -> int:
    return client.get("/api/status", headers={"Authorization": f"Bearer {secret}"}).status_code


def guess_often(guessing: httpx.Client) -> None:
    """Until the address may guess no more."""
    assert [status_with(guessing, new_secret()) for _ in range(3 * AT_ONCE)][-1] == 429


def test_the_right_token_is_not_let_in_among_many_wrong_ones(api_url: str) -> None:
    with client(api_url) as admin:
        _, headers = created(admin, "viewer")
    secret = headers["Authorization"].removeprefix("Bearer ")
    with elsewhere(api_url) as guessing:
        guess_often(guessing)
        assert status_with(guessing, secret) == 429
        assert guessing.post("/api/session", json={"token": secret}).status_code == 429
        eventually(lambda: status_with(guessing, secret) == 200)


def test_who_has_signed_in_goes_on_working_while_somebody_behind_the_same_address_guesses(api_url: str) -> None:
    with elsewhere(api_url) as shared:
        assert status_with(shared, TOKEN) == 200
        guess_often(shared)
        assert {status_with(shared, TOKEN) for _ in range(3 * AT_ONCE)} == {200}


def test_who_has_signed_in_goes_on_working_at_another_process_as_well(tmp_path: Path) -> None:
    migrate(tmp_path)
    with running_api(tmp_path, api_processes=1) as url, client(url) as admin:
        eventually(lambda: admin.get("/api/tokens").json()["items"][0]["last_used_from"] == "127.0.0.1")
    with running_api(tmp_path, api_processes=1) as url, httpx.Client(base_url=url) as shared:
        guess_often(shared)
        assert status_with(shared, TOKEN) == 200
    with running_api(tmp_path, api_processes=1) as url, httpx.Client(base_url=url) as shared:
        guess_often(shared)
        assert shared.post("/api/session", json={"token": TOKEN}).status_code == 201


def test_a_session_keeps_working_while_somebody_behind_the_same_address_guesses(api_url: str) -> None:
    with elsewhere(api_url, Origin=api_url) as shared:
        shared.post("/api/session", json={"token": TOKEN}).raise_for_status()
        cookies = dict(shared.cookies)
        shared.cookies.clear()
        guess_often(shared)
        shared.cookies.update(cookies)
        assert shared.get("/api/status").status_code == 200


def test_a_script_with_a_revoked_token_locks_nobody_out(api_url: str) -> None:
    revoked = new_secret()
    with elsewhere(api_url) as shared:
        assert {status_with(shared, revoked) for _ in range(5 * AT_ONCE)} == {401}
        assert status_with(shared, TOKEN) == 200


def test_no_part_of_a_token_is_in_any_log(tmp_path: Path) -> None:
    migrate(tmp_path)
    log = tmp_path / "api.log"
    secret = new_secret()
    with running_api(tmp_path, log, log_level="debug", access_log=True) as url, client(url) as api:
        made = api.post("/api/tokens", json={"name": "ci", "role": "viewer"}).json()["token"]
        link = api.post("/api/session/link").json()["url"].partition("#")[2]
        for shown in (secret, made, TOKEN, link):
            for _ in range(2 * AT_ONCE):
                httpx.get(f"{url}/api/status", headers={"Authorization": f"Bearer {shown}"}, verify=VERIFY)
            httpx.get(f"{url}/api/status", params={"token": shown}, verify=VERIFY)
            httpx.get(f"{url}/api/jobs/{shown}", headers={"Authorization": f"Basic {shown}"}, verify=VERIFY)
            httpx.get(
                f"{url}/api/status",
                headers={"Cookie": f"queuectl_session_{httpx.URL(url).port}={shown}"},
                verify=VERIFY,
            )
            httpx.post(f"{url}/api/session", json={"token": shown}, verify=VERIFY)
            httpx.post(f"{url}/api/session", json={"code": shown}, verify=VERIFY)
            httpx.post(f"{url}/api/session", json={"token": shown, "code": [shown]}, verify=VERIFY)
            httpx.post(f"{url}/api/session", content=f'{{"token": "{shown}'.encode(), verify=VERIFY)
    told = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*.log"))
    assert "Application startup complete" in told
    for shown in (secret, made, TOKEN, link):
        part = shown.removeprefix("queuectl_")[:12]
        assert part not in told
