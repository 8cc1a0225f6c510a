"""queuectl up: only the user who starts the system is signed in."""

import os
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx
import pytest

from queuectl_cli.local_system import is_taken_by_another_user
from tests.cli.local_user import LocalUser
from tests.cli.servers import recording
from tests.running import eventually, migrate


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[LocalUser]:
    """A user who has not started the system."""
    owner = LocalUser(tmp_path)
    yield owner
    owner.queuectl("down")


def code_in(text: str) -> str:
    found = re.search(r"/sign-in#([\w-]{20,})", text)
    assert found is not None, text
    return found[1]


def test_the_user_who_starts_it_is_signed_in(owner: LocalUser) -> None:
    up = owner.up()
    assert (up.status, up.err) == (0, "")
    assert f"Dashboard: {owner.dashboard}\nSign in (once, within an hour): {owner.dashboard}/sign-in#" in up.out
    assert up.out.endswith("The command line on this machine is signed in.\n")
    assert httpx.post(f"{owner.url}/api/session", json={"code": code_in(up.out)}).status_code == 201
    assert owner.queuectl("enqueue", "--wait", "--", "true").status == 0, "where it listens is found as well"
    assert owner.queuectl("token", "list").out.split("\t")[:2] == ["admin", "admin"]
    token = owner.queuectl("token", "show").out.strip()
    assert token == (owner.data_dir / "token").read_text().strip()
    assert token not in up.out + owner.logs()
    assert code_in(up.out) not in owner.logs()
    assert owner.data_dir.stat().st_mode & 0o777 == 0o700


def test_a_log_gets_no_sign_in_link(owner: LocalUser) -> None:
    log = owner.home / "said"
    words = [sys.executable, "-m", "queuectl_cli.main", "up", "--dashboard", str(owner.page)]
    with log.open("wb") as file:
        process = subprocess.Popen(words, env=owner.environment, stdout=file, stderr=file)
    try:
        eventually(lambda: "Press Ctrl-C to stop" in log.read_text() or process.poll())
        assert "Sign in:   queuectl token link\n" in log.read_text()
        assert "/sign-in#" not in log.read_text() + owner.logs()
        assert f"{owner.dashboard}/sign-in#" in owner.queuectl("token", "link").out
    finally:
        process.terminate()
        process.wait()
    assert not (owner.data_dir / "up.url").exists()


def test_slow_upgrades_are_reported(owner: LocalUser) -> None:
    owner.data_dir.mkdir(parents=True, mode=0o700)
    migrate(owner.data_dir)
    with closing(sqlite3.connect(owner.data_dir / "queue.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA auto_vacuum = NONE")  # as earlier versions made it
        connection.execute("VACUUM")
    up = owner.up()
    assert (up.status, up.err.count("\n"), up.err.partition(" once")[0]) == (
        0,
        1,
        f"rewriting {owner.data_dir}/queue.db",
    )


def test_its_token_goes_to_it_only(owner: LocalUser) -> None:
    owner.up()
    with recording() as (elsewhere, seen):
        owner.queuectl("status", "--url", elsewhere)
        owner.queuectl("status", url=elsewhere, data_dir=str(owner.data_dir))
        assert seen == [None, None]
    assert owner.queuectl("status", "--url", owner.url.replace("127.0.0.1", "localhost")).status == 0
    (owner.data_dir / "token").chmod(0o644)
    done = owner.queuectl("status")
    assert (done.status, "token is not used: other users can read it: chmod 600" in done.err) == (4, True)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_its_token_does_not_go_to_another_user_who_listens_in_its_place(owner: LocalUser) -> None:
    owner.data_dir.mkdir(parents=True, mode=0o700)
    stand_in = subprocess.Popen(["sh", "-c", "read forever", "up"], stdin=subprocess.PIPE)
    for name, text in {"token": "queuectl_made-here", "up.pid": str(stand_in.pid)}.items():
        (owner.data_dir / name).write_text(text)
        (owner.data_dir / name).chmod(0o600)

    def sent(to: str) -> str:
        (owner.data_dir / "up.url").write_text(to)
        (owner.data_dir / "up.url").chmod(0o600)
        return owner.queuectl("status").err

    with recording() as (mine, seen):
        sent(mine)
        assert seen == ["Bearer queuectl_made-here"]
    with ExitStack() as stack:
        with as_another_user():
            theirs, seen = stack.enter_context(recording())
        assert "token is not used: another user of this machine is listening on http" in sent(theirs)
        assert seen == [None]
    stand_in.communicate()


@contextmanager
def as_another_user() -> Iterator[None]:
    os.seteuid(65_534)
    yield
    os.seteuid(0)


def test_a_token_of_the_environment_stays_with_the_api(owner: LocalUser) -> None:
    chosen = "queuectl_chosen-by-its-owner"
    up = owner.up(token=chosen)
    assert "/sign-in#" in up.out
    assert owner.queuectl("status").status == 4, "it lies in no file"
    assert owner.queuectl("status", token=chosen).status == 0
    [worker] = httpx.get(f"{owner.url}/api/workers", headers={"Authorization": f"Bearer {chosen}"}).json()["items"]
    started = (owner.data_dir / "up.pid").read_text()
    assert chosen not in Path(f"/proc/{worker['pid']}/environ").read_text(errors="replace")
    assert chosen not in Path(f"/proc/{started}/cmdline").read_text()
    assert chosen not in owner.logs()


def test_missing_authentication_is_reported_loudly(owner: LocalUser) -> None:
    up = owner.up(auth="off")
    assert "AUTHENTICATION IS OFF (QUEUECTL_AUTH=off)" in up.err
    assert "sign-in#" not in up.out
    assert owner.queuectl("status").status == 0


def test_a_command_line_set_to_another_system_is_reported(owner: LocalUser) -> None:
    elsewhere = "http://127.0.0.1:9"
    assert f"The command line uses {elsewhere}, not this system" in owner.up(url=elsewhere).err


def test_a_readable_data_directory_is_reported(owner: LocalUser) -> None:
    owner.data_dir.mkdir(parents=True, mode=0o755)
    assert owner.up().err == f"other users of this machine can read {owner.data_dir}: chmod 700 {owner.data_dir}\n"


def test_the_reason_of_a_failed_start_is_reported(owner: LocalUser) -> None:
    up = owner.up(token="short")
    assert (up.status, "QUEUECTL_TOKEN=…: must be 16 to 200 visible" in up.err, "short" in up.err) == (1, True, False)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
@pytest.mark.parametrize("address", ["127.0.0.1", "::"])
def test_another_user_listening_on_the_port_is_detected(address: str) -> None:
    """A listener on all of IPv6 also receives what is sent to 127.0.0.1."""
    with socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET) as server:
        port = server.getsockname()[1]
        assert not is_taken_by_another_user(port)
        os.fchown(server.fileno(), 65_534, 65_534)
        assert is_taken_by_another_user(port)
