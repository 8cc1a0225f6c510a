"""With `queuectl up` on this machine, commands start in the current directory."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Queuectl
from tests.cli.local_user import LocalUser
from tests.signed_in import TOKEN
from tests.system import Answered, System

LATER = ("--delay", "600", "--json")
NOT_HERE = "the command does not start in the current directory: "
LISTED = "has an allow-list, so its commands run without cwd\n"


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalUser]:
    """A user whose system is running."""
    owner = LocalUser(tmp_path_factory.mktemp("home"))
    up = owner.up()
    assert up.status == 0, up.err
    yield owner
    owner.queuectl("down")


def cwd_of(done: Answered) -> Any:
    """The cwd of the job that was enqueued with --json."""
    return json.loads(done.out)["cwd"]


def test_a_command_starts_where_it_was_typed(owner: LocalUser, tmp_path: Path) -> None:
    (tmp_path / "found").touch()
    done = owner.queuectl("run", "--", "ls", at=tmp_path)
    assert (done.status, done.out, done.err) == (0, "found\n", "")
    assert owner.queuectl("run", "ls | grep found", at=tmp_path).out == "found\n"
    done = owner.queuectl("enqueue", "--", "ls", at=tmp_path)
    job_id = done.out.strip()
    assert (owner.queuectl("wait", job_id).status, done.err) == (0, "")
    assert owner.queuectl("logs", job_id).out == "found\n"
    assert cwd_of(owner.queuectl("enqueue", *LATER, "--", "ls", at=tmp_path)) == str(tmp_path)


def test_the_directory_has_the_name_that_the_shell_shows(owner: LocalUser, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("real")
    (tmp_path / "real").mkdir()
    words = ("enqueue", *LATER, "--", "true")
    assert cwd_of(owner.queuectl(*words, at=link)) == str(link)
    for other in ("/", f"{link}/../real", "link", ""):
        moved = [
            sys.executable,
            "-c",
            f"import os; os.environ['PWD'] = {other!r}; os.execvp('queuectl', {['queuectl', *words]})",
        ]
        done = subprocess.run(moved, cwd=link, env=owner.environment, capture_output=True, text=True)
        assert json.loads(done.stdout)["cwd"] == str(tmp_path / "real")


def test_cwd_overrides_it(owner: LocalUser, tmp_path: Path) -> None:
    assert cwd_of(owner.queuectl("enqueue", *LATER, "--cwd", "/usr", "--", "true", at=tmp_path)) == "/usr"
    assert owner.queuectl("run", "--cwd", "/usr", "--", "pwd", at=tmp_path).out == "/usr\n"


def test_a_relative_cwd_starts_there(owner: LocalUser, tmp_path: Path) -> None:
    wanted = str(tmp_path / "sub/dir")
    assert cwd_of(owner.queuectl("enqueue", *LATER, "--cwd", "sub/dir", "--", "true", at=tmp_path)) == wanted
    given = '{"id": "relative", "command": "true"}'
    assert cwd_of(owner.queuectl("enqueue", *LATER, given, "--cwd", "sub/dir", at=tmp_path)) == wanted
    assert owner.queuectl("edit", "relative", "--cwd", ".", at=tmp_path).status == 0
    assert json.loads(owner.queuectl("show", "relative", "--json").out)["cwd"] == str(tmp_path)


def test_a_job_as_json_starts_where_the_worker_decides(owner: LocalUser, tmp_path: Path) -> None:
    assert cwd_of(owner.queuectl("enqueue", *LATER, '{"command": "true"}', at=tmp_path)) is None
    done = owner.queuectl("enqueue", "-", given='{"command": "true", "delay": 600}\n' * 2, at=tmp_path)
    for job_id in done.out.split():
        assert json.loads(owner.queuectl("show", job_id, "--json").out)["cwd"] is None


def test_a_deleted_directory_is_an_error_and_nothing_is_enqueued(owner: LocalUser, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = "rmdir ../gone; queuectl enqueue --id lost -- true"
    done = subprocess.run(["sh", "-c", script], cwd=gone, env=owner.environment, capture_output=True, text=True)
    said = "queuectl: the current directory no longer exists: change to another one, or set --cwd\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)
    assert owner.queuectl("show", "lost").status == 1


def test_another_api_is_sent_no_directory(owner: LocalUser, system: System, tmp_path: Path) -> None:
    elsewhere = {"url": system.url, "token": TOKEN}
    done = owner.queuectl("enqueue", *LATER, "--", "true", at=tmp_path, **elsewhere)
    assert (cwd_of(done), done.err) == (None, "")
    job_id = owner.queuectl("enqueue", "--", "true", at=tmp_path, **elsewhere).out.strip()
    assert system.job(job_id)["cwd"] is None
    done = owner.queuectl("enqueue", "--cwd", "sub", "--", "true", at=tmp_path, **elsewhere)
    assert (done.status, done.err) == (1, 'queuectl: cwd "sub": must be an absolute path such as /srv/media\n')


def test_a_queue_with_an_allow_list_gets_none(owner: LocalUser, tmp_path: Path) -> None:
    owner.queuectl("queue", "allow", "listed", "true *")
    words = ("enqueue", *LATER, "--queue", "listed")
    done = owner.queuectl(*words, "--", "true", at=tmp_path)
    assert (done.status, cwd_of(done), done.err) == (0, None, f"{NOT_HERE}queue 'listed' {LISTED}")
    assert "does not accept the command 'false'" in owner.queuectl(*words, "--", "false", at=tmp_path).err
    assert "omit them" in owner.queuectl(*words, "--cwd", ".", "--", "true", at=tmp_path).err
    owner.queuectl("queue", "allow", "listed", "--any")
    assert cwd_of(owner.queuectl(*words, "--", "true", at=tmp_path)) == str(tmp_path)


def test_the_default_allow_list_gets_none(owner: LocalUser, tmp_path: Path) -> None:
    with setting(owner, "default-commands", "true *", back="null"):
        done = owner.queuectl("enqueue", "--", "true", at=tmp_path)
    assert (done.status, done.err) == (0, f"{NOT_HERE}queue 'default' {LISTED}")


def test_a_command_in_a_sandbox_gets_none(owner: LocalUser, tmp_path: Path) -> None:
    note = f"{NOT_HERE}it runs in a sandbox\n"
    done = owner.queuectl("enqueue", *LATER, "--sandbox", "--", "true", at=tmp_path)
    assert (cwd_of(done), done.err) == (None, note)
    with setting(owner, "sandbox", "1", back="0"):
        done = owner.queuectl("enqueue", *LATER, "--", "true", at=tmp_path)
        assert (cwd_of(done), done.err) == (None, note)
        assert cwd_of(owner.queuectl("enqueue", *LATER, "--cwd", "/usr", "--", "true", at=tmp_path)) == "/usr"


@contextmanager
def setting(owner: LocalUser, key: str, value: str, back: str) -> Iterator[None]:
    """A changed setting."""
    assert owner.queuectl("config", "set", key, value).status == 0
    yield
    owner.queuectl("config", "set", key, back)


@pytest.mark.parametrize("command", ["enqueue", "run"])
def test_the_help_says_where_it_starts(queuectl: Queuectl, command: str) -> None:
    said = " ".join(queuectl(command, "--help").out.split())
    assert "starts in the current directory, unless --cwd is given" in said
    assert "With any other system, the worker chooses the directory." in said
