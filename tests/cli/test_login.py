"""queuectl login, logout: a token that is saved, and goes to nobody else."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.person import Person
from tests.cli.servers import recording
from tests.cli.terminal import Terminal
from tests.signed_in import TOKEN
from tests.system import System

WRONG = "queuectl_nobody-has-this-token"


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody who has not signed in."""
    return Person(tmp_path)


@pytest.fixture
def signed_in(person: Person, system: System) -> Person:
    """Somebody who has."""
    assert person.queuectl("login", system.url, given=TOKEN).status == 0
    return person


def test_a_token_from_stdin_is_saved_for_later_commands(person: Person, system: System) -> None:
    assert person.queuectl("status", "--url", system.url).err == (
        f"queuectl: not signed in at {system.url}: 'queuectl login {system.url}' asks for a token\n"
    )
    done = person.queuectl("login", system.url, given=TOKEN + "\n")
    assert (done.status, done.out) == (0, "")
    assert done.err == f"signed in at {system.url} as 'QUEUECTL_TOKEN', an admin\n"
    assert person.queuectl("status").status == 0, "the login tells where the API is, and signs in"
    assert person.queuectl("token", "show").out == TOKEN + "\n"


def test_only_its_owner_can_read_what_is_saved(person: Person, system: System) -> None:
    script = f"umask 0; echo {TOKEN} | queuectl login {system.url}"
    subprocess.run(["sh", "-c", script], env=person.environment, check=True, capture_output=True)
    assert person.login_file.stat().st_mode & 0o777 == 0o600
    assert person.login_file.parent.stat().st_mode & 0o777 == 0o700
    assert list(person.login_file.parent.iterdir()) == [person.login_file]


def test_a_token_that_is_typed_is_not_shown(person: Person, system: System) -> None:
    terminal = Terminal(system, "login", env=person.environment | {"QUEUECTL_URL": system.url})
    terminal.shows(f"Token for {system.url}: ")
    terminal.types(TOKEN + "\n")
    assert terminal.wait() == 0
    assert "signed in" in terminal.seen()
    assert TOKEN not in terminal.seen()


@pytest.mark.parametrize(
    ("words", "given", "status", "said"),
    [
        ((), WRONG, 4, "this token is not known here, or was revoked"),
        ((), "\n", 4, "no token was given: 'queuectl token create NAME' makes one"),
        ((), "queuectl_with a-blank", 4, "the token of stdin is none: it holds characters that no token has"),
        (("http://queue.example.org",), TOKEN, 2, "whoever reads along could use the token: take https, or say --inse"),
        (("http://127.0.0.1:8080/sign-in#secret-code",), "", 2, "this is a sign-in link: open it in a browser"),
        (("http://secret-code@localhost",), TOKEN, 2, "'localhost': a URL of the API is like http://127.0.0.1:8000"),
    ],
)
def test_what_is_no_token_or_goes_nowhere_is_not_saved(
    person: Person, system: System, words: tuple[str, ...], given: str, status: int, said: str
) -> None:
    done = person.queuectl("login", *(words or (system.url,)), given=given)
    assert (done.status, done.out) == (status, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not person.login_file.exists()
    assert not any(secret in done.err for secret in (TOKEN, WRONG, "a-blank", "secret-code"))


def test_a_token_crosses_the_network_unencrypted_where_that_is_said(person: Person, system: System) -> None:
    here_as_elsewhere = system.url.replace("127.0.0.1", "0.0.0.0")
    assert person.queuectl("login", here_as_elsewhere, given=TOKEN).status == 2
    assert person.queuectl("login", "--insecure", here_as_elsewhere, given=TOKEN).status == 0


def test_a_saved_token_goes_to_the_origin_it_was_saved_for_only(signed_in: Person, system: System) -> None:
    with recording() as (elsewhere, seen):
        signed_in.queuectl("status", "--url", elsewhere)
        signed_in.queuectl("status", url=elsewhere)
        assert seen == [None, None]
        signed_in.queuectl("status", "--url", elsewhere, token=WRONG)
        assert seen[2:] == [f"Bearer {WRONG}"], "one that was named goes to whatever was named"
    another_name = system.url.replace("127.0.0.1", "localhost")
    assert "not signed in at http://localhost:" in signed_in.queuectl("status", "--url", another_name).err
    assert signed_in.queuectl("status", "--url", system.url + "/").status == 0


def test_a_token_follows_no_redirection(person: Person) -> None:
    with recording() as (elsewhere, seen), recording(redirect_to=elsewhere) as (named, asked):
        person.queuectl("status", "--url", named, token=TOKEN)
    assert (asked, seen) == ([f"Bearer {TOKEN}"], [])


def test_options_come_before_the_environment_and_that_before_what_is_saved(
    signed_in: Person, system: System, tmp_path: Path
) -> None:
    file = tmp_path / "given"
    file.write_text("queuectl_from-a-file\n")
    source = "(the token is that of {})\n"
    done = signed_in.queuectl("status", "--token", WRONG, token="queuectl_of-the-environment")
    assert (done.status, source.format("--token") in done.err, WRONG in done.err) == (4, True, False)
    done = signed_in.queuectl("status", token=WRONG, token_file=str(file))
    assert source.format("QUEUECTL_TOKEN") in done.err
    done = signed_in.queuectl("status", token_file=str(file))
    assert source.format("QUEUECTL_TOKEN_FILE") in done.err
    file.write_text(TOKEN + "\n")
    assert Person(tmp_path / "nobody", url=system.url, token_file=file).queuectl("status").status == 0
    assert "no-such-file" in signed_in.queuectl("status", token_file="no-such-file").err
    said = signed_in.queuectl("login", system.url, given=TOKEN, token=WRONG).err
    assert "QUEUECTL_TOKEN is set here, and comes before what was saved" in said


def test_logging_out_forgets_the_token_and_revokes_nothing(signed_in: Person, system: System) -> None:
    done = signed_in.queuectl("logout")
    assert done.err == (
        f"signed out at {system.url}; the token is still good: 'queuectl token revoke QUEUECTL_TOKEN' there ends it\n"
    )
    assert TOKEN not in signed_in.login_file.read_text()
    assert signed_in.queuectl("status", "--url", system.url).status == 4
    assert system.queuectl("status").status == 0
    assert signed_in.queuectl("logout").status == 1


def test_commands_go_to_where_somebody_signed_in_last(signed_in: Person, system: System) -> None:
    another_name = system.url.replace("127.0.0.1", "localhost")
    signed_in.queuectl("login", another_name, given=TOKEN)
    assert [login["url"] for login in json.loads(signed_in.login_file.read_text())] == [another_name, system.url]
    assert f"commands go to {system.url} now" in signed_in.queuectl("logout").err
    assert signed_in.queuectl("logout", another_name).err == f"queuectl: no login is saved for {another_name}\n"
    assert signed_in.queuectl("status").status == 0


def test_a_file_that_others_could_have_read_or_written_is_not_used(signed_in: Person, system: System) -> None:
    signed_in.login_file.chmod(0o640)
    done = signed_in.queuectl("status", "--url", system.url)
    assert done.status == 4
    assert f"{signed_in.login_file} is not used: other users may read it: chmod 600" in done.err
    signed_in.login_file.chmod(0o600)
    if os.getuid() == 0:
        os.chown(signed_in.login_file, 65_534, 65_534)
        assert "is not used: it belongs to another user" in signed_in.queuectl("status", "--url", system.url).err


def test_a_damaged_file_is_told(signed_in: Person) -> None:
    signed_in.login_file.write_text('[{"url": 1')
    assert signed_in.queuectl("status").err.endswith("login.json is damaged: remove it, and sign in again\n")


def test_who_may_not_is_told_which_role_is_needed(person: Person, system: System) -> None:
    secret = system.queuectl("token", "create", person.home.name, "--role", "viewer").out
    person.queuectl("login", system.url, given=secret)
    assert person.queuectl("status").status == 0
    done = person.queuectl("enqueue", "--", "true")
    assert (done.status, done.out) == (4, "")
    assert "is of a viewer: this needs an operator" in done.err
    assert f"'queuectl login {system.url}' asks for another" in done.err


def test_a_token_that_no_header_can_hold_is_refused_unseen(person: Person, system: System) -> None:
    done = person.queuectl("status", "--url", system.url, "--token", "secret\nX-Header: 1")
    assert (done.status, "secret" in done.err) == (4, False)
    assert done.err.count("\n") == 1
