"""The first start: there is one admin, whose token nobody else can read; and authentication is not off for others."""

import os
import re
import sqlite3
import stat
import subprocess
import time
from contextlib import closing
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from queuectl_api.app import _provides_token
from queuectl_api.first_token import provide_token
from queuectl_api.settings import ApiSettings
from queuectl_core.model.errors import DatabaseUnusable
from queuectl_core.model.role import Role
from queuectl_core.settings import explain
from queuectl_core.store.store import Store
from tests.opened import opened
from tests.running import BIN, clean_environment, eventually, free_port, is_ready, migrate, program, running_api
from tests.signed_in import browser

DASHBOARD = "http://localhost:8080"
CHOSEN = "chosen-by-a-person-kq7-2xw"


@pytest.fixture
def fresh(migrated: Path, tmp_path: Path) -> Path:
    """A data directory with an empty queue."""
    (tmp_path / "queue.db").write_bytes(migrated.read_bytes())
    return tmp_path


@pytest.fixture
def store(fresh: Path) -> Store:
    """That queue."""
    return opened(fresh / "queue.db")


def start(data_dir: Path, token: str = "", dashboard_url: str = "", **settings: Any) -> None:
    """What each process of the API does first."""
    provide_token(ApiSettings(data_dir=data_dir, token=SecretStr(token), dashboard_url=dashboard_url, **settings))


def made(data_dir: Path) -> str:
    """The token that is in the file."""
    return (data_dir / "token").read_text().strip()


def who(store: Store, secret: str) -> tuple[str, Role] | None:
    token = store.tokens.by_secret(secret)
    return None if token is None or token.expired(time.time()) else (token.name, token.role)


def names(store: Store) -> list[str]:
    return [token.name for token in store.tokens.all()]


# Without QUEUECTL_TOKEN


def test_processes_that_start_together_make_one_token_and_print_one_link_that_signs_in_once(fresh: Path) -> None:
    log = fresh / "said"
    with running_api(fresh, log, token="", dashboard_url=DASHBOARD, api_processes=4) as url:
        secret = made(fresh)
        signed_in = httpx.get(f"{url}/api/session", headers={"Authorization": f"Bearer {secret}"}).json()
        assert (signed_in["name"], signed_in["role"]) == ("admin", "admin")
        assert httpx.get(f"{url}/api/jobs").status_code == 401
        link = rf"^Sign in, once, within an hour: {DASHBOARD}/sign-in#(\S+)$"
        [code] = eventually(lambda: re.findall(link, log.read_text(), re.M))  # another process may have answered before
        page = browser(url)
        assert page.post("/api/session", json={"code": code}).json()["role"] == "admin"
        assert page.post("/api/session", json={"code": code}).status_code == 401
    assert log.read_text().count(code) == 1
    assert secret not in log.read_text()
    assert not (fresh / "token.new").exists()


def test_a_token_is_made_once(fresh: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    start(fresh)
    secret = made(fresh)
    start(fresh, dashboard_url=DASHBOARD)
    assert made(fresh) == secret
    assert who(store, secret) == ("admin", Role.ADMIN)
    assert capsys.readouterr().out == "", "there was no page at the first start, and nothing new at the second"


def test_where_programs_read_what_is_printed_no_link_is(fresh: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start(fresh, dashboard_url=DASHBOARD, log_format="json")
    assert made(fresh)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("mask", [0o000, 0o777])
def test_only_the_owner_reads_the_file_whatever_the_mask_of_new_files(fresh: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        start(fresh)
    finally:
        os.umask(before)
    assert stat.S_IMODE((fresh / "token").stat().st_mode) == 0o600


def test_links_in_the_place_of_the_file_are_not_followed(fresh: Path, store: Store) -> None:
    elsewhere = fresh / "of somebody else"
    elsewhere.write_text("kept")
    for name in ("token", "token.new"):
        (fresh / name).symlink_to(elsewhere)
    start(fresh)
    assert not (fresh / "token").is_symlink()
    assert who(store, made(fresh)) == ("admin", Role.ADMIN)
    assert elsewhere.read_text() == "kept"


def test_a_file_of_somebody_else_is_replaced(fresh: Path, store: Store) -> None:
    for name in ("token", "token.new"):
        (fresh / name).write_text("of somebody else")
        (fresh / name).chmod(0o666)
        os.chown(fresh / name, 12345, 12345)
    start(fresh)
    found = (fresh / "token").stat()
    assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (os.getuid(), 0o600)
    assert who(store, made(fresh)) == ("admin", Role.ADMIN)


def test_where_the_file_cannot_be_written_there_is_no_token_until_it_can(migrated: Path, fresh: Path) -> None:
    (fresh / "token").mkdir()
    with running_api(fresh, fresh / "said", token="", api_processes=1) as url:
        with opened(fresh / "queue.db") as store:
            assert names(store) == []
        assert httpx.get(f"{url}/api/jobs").status_code == 401
        assert "no token could be provided" in (fresh / "said").read_text()
        (fresh / "token").rmdir()
        eventually((fresh / "token").is_file)
        bearer = {"Authorization": f"Bearer {made(fresh)}"}
        eventually(lambda: httpx.get(f"{url}/api/jobs", headers=bearer).is_success)  # it is committed after the file


def test_where_the_token_cannot_be_kept_there_is_no_file(fresh: Path, store: Store) -> None:
    with closing(sqlite3.connect(fresh / "queue.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE fault (of TEXT REFERENCES token (name) DEFERRABLE INITIALLY DEFERRED)")
        connection.execute("CREATE TRIGGER at_commit AFTER INSERT ON token BEGIN INSERT INTO fault VALUES (0); END")
        with pytest.raises(sqlite3.IntegrityError):
            start(fresh)
        assert not (fresh / "token").exists()
        connection.execute("DROP TRIGGER at_commit")
    start(fresh)
    assert who(store, made(fresh)) == ("admin", Role.ADMIN)


def test_a_database_that_cannot_be_used_does_not_keep_the_api_from_starting(tmp_path: Path) -> None:
    settings = ApiSettings(data_dir=tmp_path, token=SecretStr(""))
    with pytest.raises(DatabaseUnusable):
        provide_token(settings)
    assert not _provides_token(settings)
    migrate(tmp_path)
    assert _provides_token(settings)


def test_a_token_that_is_revoked_leaves_no_file(fresh: Path) -> None:
    with running_api(fresh, token="", api_processes=1) as url, httpx.Client(base_url=url) as api:
        api.headers["Authorization"] = f"Bearer {made(fresh)}"
        for name in ("other", "second"):
            api.post("/api/tokens", json={"name": name, "role": "admin"}).raise_for_status()
        api.delete("/api/tokens/other").raise_for_status()
        assert (fresh / "token").exists()
        api.delete("/api/tokens/admin").raise_for_status()
        assert not (fresh / "token").exists()
    start(fresh)
    assert not (fresh / "token").exists(), "there is an admin, though nobody here knows its token"


def test_where_the_only_admins_have_expired_there_is_another_one(fresh: Path, store: Store) -> None:
    store.tokens.create("admin", Role.ADMIN, "test", expires_at=time.time() - 1)
    store.tokens.create("admin-2", Role.VIEWER, "test")
    start(fresh)
    assert who(store, made(fresh)) == ("admin-3", Role.ADMIN)


# With QUEUECTL_TOKEN


def test_a_given_token_is_an_admins_and_in_no_file(
    fresh: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        start(fresh, CHOSEN, dashboard_url=DASHBOARD)
    assert who(store, CHOSEN) == ("QUEUECTL_TOKEN", Role.ADMIN)
    assert names(store) == ["QUEUECTL_TOKEN"]
    assert capsys.readouterr().out == f"Sign in with the token that QUEUECTL_TOKEN holds: {DASHBOARD}\n"
    files = [file for file in fresh.rglob("*") if file.is_file()]
    assert [file.name for file in files if file.name == "token" or CHOSEN.encode() in file.read_bytes()] == []


def test_another_given_token_takes_the_place_of_the_one_before_and_ends_its_sessions(fresh: Path, store: Store) -> None:
    start(fresh, CHOSEN)
    session, _ = store.tokens.begin_session("QUEUECTL_TOKEN")
    start(fresh, CHOSEN)
    assert store.tokens.by_session(session) is not None
    start(fresh, CHOSEN + "-anew")
    assert store.tokens.by_session(session) is None
    assert who(store, CHOSEN) is None
    assert who(store, CHOSEN + "-anew") == ("QUEUECTL_TOKEN", Role.ADMIN)


def test_a_token_is_good_only_for_as_long_as_it_is_given(fresh: Path, store: Store) -> None:
    start(fresh, CHOSEN)
    start(fresh)
    assert who(store, CHOSEN) is None
    assert who(store, made(fresh)) == ("admin", Role.ADMIN)
    start(fresh, made(fresh))
    assert who(store, made(fresh)) == ("QUEUECTL_TOKEN", Role.ADMIN), "also one that was known already"


def test_what_the_start_has_done_stands_in_the_audit_log(fresh: Path, store: Store) -> None:
    for token in (CHOSEN, CHOSEN, "", ""):
        start(fresh, token)
    assert [(line.actor, line.action, line.subject) for line in store.audit.page(limit=9).items] == [
        ("the start", "token-create", "admin"),
        ("the environment", "token-revoke", "QUEUECTL_TOKEN"),
        ("the environment", "token-create", "QUEUECTL_TOKEN"),
    ]


def test_the_link_that_is_printed_stands_in_the_audit_log_and_is_void_after_the_first_sign_in(
    fresh: Path, store: Store
) -> None:
    log = fresh / "said"
    with running_api(fresh, log, token="", dashboard_url=DASHBOARD, api_processes=1) as url:
        [code] = re.findall(r"/sign-in#(\S+)$", log.read_text(), re.M)
        assert [(line.actor, line.action, line.subject) for line in store.audit.page(limit=1).items] == [
            ("the start", "sign-in-link", "admin")
        ]
        assert browser(url).post("/api/session", json={"token": made(fresh)}).status_code == 201
        assert browser(url).post("/api/session", json={"code": code}).status_code == 401


def refusal(**settings: Any) -> str:
    """What is wrong with the settings, and all that an exception that nobody explains would print."""
    with pytest.raises(ValidationError) as refused:
        ApiSettings(**settings)
    return f"{explain(refused.value)}\n{refused.value}"


def refused_by_the_program(data_dir: Path, **settings: str) -> str:
    done = subprocess.run(
        [BIN / "queuectl-api"],
        env=clean_environment(data_dir=data_dir, **settings),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


BAD = [
    "short",
    "x" * 15,
    "with a space in it",
    "not-ascii-é-at-all",
    "x" * 201,
    "tab\tin-the-middle",
    "newline-at-the-end\n",
]


@pytest.mark.parametrize("token", BAD)
def test_a_token_that_could_be_guessed_or_not_be_sent_is_refused_and_not_printed(token: str) -> None:
    told = refusal(token=token)
    assert "QUEUECTL_TOKEN=…: must be 16 to 200 visible ASCII characters, without spaces\n" in told
    assert token not in told


WEAK = [
    "x" * 200,
    "passwordpassword",
    "0123456789abcdef",
    "qwertyuiopasdfgh",
    "change-me-please-now",
    "queuectl_queuectl_queuectl",
]


@pytest.mark.parametrize("token", WEAK)
def test_a_long_token_that_is_easy_to_guess_is_refused_and_not_printed(token: str) -> None:
    told = refusal(token=token)
    assert "QUEUECTL_TOKEN=…: is too easy to guess: take a random one, such as 'openssl rand -hex 32' prints\n" in told
    assert token not in told


def test_a_random_token_of_any_length_is_taken() -> None:
    for token in (f"{0xB3F48E9E80D0D922:x}", "thEti50EulrOwhoo", token_hex(32), token_hex(100)):
        assert ApiSettings.model_validate({"token": token}).token.get_secret_value() == token


def test_the_program_says_in_one_line_that_the_token_is_bad(tmp_path: Path) -> None:
    told = refused_by_the_program(tmp_path, token="with a space in it")
    assert told == "queuectl-api: QUEUECTL_TOKEN=…: must be 16 to 200 visible ASCII characters, without spaces\n"


def test_a_good_token_is_not_printed_with_the_settings() -> None:
    assert CHOSEN not in repr(ApiSettings(token=SecretStr(CHOSEN)))


# QUEUECTL_AUTH=off

OTHERS = [
    "0.0.0.0:8000",
    "[::]:8000",
    "192.0.2.1:8000",
    "127.0.0.1:8000, 0.0.0.0:8080",
    "0:8000",
    "[::ffff:192.0.2.1]:8000",
    "no.such.host.invalid:80",
]


@pytest.mark.parametrize("bind", OTHERS)
def test_authentication_is_not_off_where_others_could_come_in(bind: str) -> None:
    told = refusal(auth="off", bind=bind)
    assert f"QUEUECTL_AUTH=off: others than this machine could reach {bind.split(', ')[-1]}, " in told
    assert "listen on 127.0.0.1 alone" in told
    assert ApiSettings(auth="on", bind=bind).authenticates


@pytest.mark.parametrize("bind", ["127.0.0.1:8000", "127.1.2.3:1", "[::1]:8000", "localhost:8000,127.0.0.1:8080"])
def test_it_may_be_off_for_this_machine_alone(bind: str) -> None:
    assert not ApiSettings(auth="off", bind=bind).authenticates


def test_it_is_not_off_behind_a_proxy_which_lets_others_in() -> None:
    assert "QUEUECTL_PROXIES=caddy: must be left out with QUEUECTL_AUTH=off" in refusal(auth="off", proxies="caddy")


def test_the_program_does_not_start_with_authentication_off_for_others(tmp_path: Path) -> None:
    told = refused_by_the_program(tmp_path, auth="off", bind="0.0.0.0:8000")
    assert told.startswith("queuectl-api: QUEUECTL_AUTH=off: others than this machine could reach 0.0.0.0:8000")
    assert told.count("\n") == 1


def test_off_is_said_loudly_and_everybody_is_an_admin(fresh: Path, store: Store) -> None:
    bind = f"localhost:{free_port()},127.0.0.1:{free_port()}"
    urls = [f"http://{address}" for address in bind.split(",")]
    with program("queuectl-api", fresh / "said", data_dir=fresh, bind=bind, token="", auth="off"):
        eventually(lambda: is_ready(urls[0]))
        for url in urls:
            session = httpx.get(f"{url}/api/session").json()
            assert session == {"name": "anybody", "role": "admin", "expires_at": None, "authenticated": False}
            assert httpx.post(f"{url}/api/jobs", json={"command": "true"}).status_code == 201
            assert httpx.post(f"{url}/api/session/link").status_code == 409
            assert httpx.delete(f"{url}/api/session").status_code == 204
        lines = httpx.get(f"{urls[0]}/api/audit").json()["items"]
        assert [(line["actor"], line["action"]) for line in lines] == [("anybody", "enqueue")] * 2
    assert (fresh / "said").read_text().count("QUEUECTL_AUTH=off: everybody who reaches") == 1
    assert names(store) == [], "there is no use for one"
    assert not (fresh / "token").exists()
