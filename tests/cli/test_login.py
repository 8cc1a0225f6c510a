"""queuectl login and logout: tokens are saved, and sent only where they belong."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.servers import recording
from tests.cli.terminal import Terminal
from tests.cli.user import User
from tests.signed_in import TOKEN
from tests.system import System

WRONG = "queuectl_nobody-has-this-token"


@pytest.fixture
def user(tmp_path: Path) -> User:
    """A user who has not signed in."""
    return User(tmp_path)


@pytest.fixture
def signed_in(user: User, system: System) -> User:
    """A user who has signed in."""
    assert user.queuectl("login", system.url, given=TOKEN).status == 0
    return user


def test_a_token_from_stdin_is_saved_for_later_commands(user: User, system: System) -> None:
    assert user.queuectl("status", "--url", system.url).err == (
        f"queuectl: not signed in at {system.url}: use 'queuectl login {system.url}'\n"
    )
    done = user.queuectl("login", system.url, given=TOKEN + "\n")
    assert (done.status, done.out) == (0, "")
    assert done.err == f"signed in at {system.url} as 'QUEUECTL_TOKEN', an admin\n"
    assert user.queuectl("status").status == 0, "the login tells where the API is, and signs in"
    assert user.queuectl("token", "show").out == TOKEN + "\n"


def test_only_its_owner_can_read_what_is_saved(user: User, system: System) -> None:
    script = f"umask 0; echo {TOKEN} | queuectl login {system.url}"
    subprocess.run(["sh", "-c", script], env=user.environment, check=True, capture_output=True)
    assert user.login_file.stat().st_mode & 0o777 == 0o600
    assert user.login_file.parent.stat().st_mode & 0o777 == 0o700
    assert list(user.login_file.parent.iterdir()) == [user.login_file]


def test_a_token_that_is_typed_is_not_shown(user: User, system: System) -> None:
    terminal = Terminal(system, "login", env=user.environment | {"QUEUECTL_URL": system.url})
    terminal.shows(f"Token for {system.url}: ")
    terminal.types(TOKEN + "\n")
    assert terminal.wait() == 0
    assert "signed in" in terminal.seen()
    assert TOKEN not in terminal.seen()


@pytest.mark.parametrize(
    ("words", "given", "status", "said"),
    [
        ((), WRONG, 4, "this token is unknown or was revoked"),
        ((), "\n", 4, "no token given: an admin can create one with 'queuectl token create NAME'"),
        ((), "queuectl_with a-blank", 4, "the token from stdin is invalid: it contains characters that no token has"),
        (("http://queue.example.org",), TOKEN, 2, "the token would be sent unencrypted: use https, or --insecure"),
        (
            ("http://127.0.0.1:8080/sign-in#secret-code",),
            "",
            2,
            "this is a sign-in link for browsers: give the URL of the API",
        ),
        (("http://secret-code@localhost",), TOKEN, 2, "'localhost': the API's URL must be like http://127.0.0.1:8000"),
    ],
)
def test_invalid_tokens_and_urls_are_not_saved(
    user: User, system: System, words: tuple[str, ...], given: str, status: int, said: str
) -> None:
    done = user.queuectl("login", *(words or (system.url,)), given=given)
    assert (done.status, done.out) == (status, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not user.login_file.exists()
    assert not any(secret in done.err for secret in (TOKEN, WRONG, "a-blank", "secret-code"))


def test_a_token_crosses_the_network_unencrypted_with_insecure(user: User, system: System) -> None:
    here_as_elsewhere = system.url.replace("127.0.0.1", "0.0.0.0")
    assert user.queuectl("login", here_as_elsewhere, given=TOKEN).status == 2
    assert user.queuectl("login", "--insecure", here_as_elsewhere, given=TOKEN).status == 0


def test_a_saved_token_goes_to_the_origin_it_was_saved_for_only(signed_in: User, system: System) -> None:
    with recording() as (elsewhere, seen):
        signed_in.queuectl("status", "--url", elsewhere)
        signed_in.queuectl("status", url=elsewhere)
        assert seen == [None, None]
        signed_in.queuectl("status", "--url", elsewhere, token=WRONG)
        assert seen[2:] == [f"Bearer {WRONG}"], "one that was named goes to whatever was named"
    another_name = system.url.replace("127.0.0.1", "localhost")
    assert "not signed in at http://localhost:" in signed_in.queuectl("status", "--url", another_name).err
    assert signed_in.queuectl("status", "--url", system.url + "/").status == 0


def test_a_token_follows_no_redirection(user: User) -> None:
    with recording() as (elsewhere, seen), recording(redirect_to=elsewhere) as (named, asked):
        user.queuectl("status", "--url", named, token=TOKEN)
    assert (asked, seen) == ([f"Bearer {TOKEN}"], [])


def test_options_override_the_environment_which_overrides_saved_logins(
    signed_in: User, system: System, tmp_path: Path
) -> None:
    file = tmp_path / "given"
    file.write_text("queuectl_from-a-file\n")
    source = "(token from {})\n"
    done = signed_in.queuectl("status", "--token", WRONG, token="queuectl_of-the-environment")
    assert (done.status, source.format("--token") in done.err, WRONG in done.err) == (4, True, False)
    done = signed_in.queuectl("status", token=WRONG, token_file=str(file))
    assert source.format("QUEUECTL_TOKEN") in done.err
    done = signed_in.queuectl("status", token_file=str(file))
    assert source.format("QUEUECTL_TOKEN_FILE") in done.err
    file.write_text(TOKEN + "\n")
    assert User(tmp_path / "nobody", url=system.url, token_file=file).queuectl("status").status == 0
    assert "no-such-file" in signed_in.queuectl("status", token_file="no-such-file").err
    said = signed_in.queuectl("login", system.url, given=TOKEN, token=WRONG).err
    assert "QUEUECTL_TOKEN is set and overrides the saved login" in said


def test_logging_out_forgets_the_token_and_revokes_nothing(signed_in: User, system: System) -> None:
    done = signed_in.queuectl("logout")
    assert done.err == (
        f"signed out at {system.url}; the token stays valid: 'queuectl token revoke QUEUECTL_TOKEN' revokes it\n"
    )
    assert TOKEN not in signed_in.login_file.read_text()
    assert signed_in.queuectl("status", "--url", system.url).status == 4
    assert system.queuectl("status").status == 0
    assert signed_in.queuectl("logout").status == 1


def test_commands_use_the_latest_login(signed_in: User, system: System) -> None:
    another_name = system.url.replace("127.0.0.1", "localhost")
    signed_in.queuectl("login", another_name, given=TOKEN)
    assert [login["url"] for login in json.loads(signed_in.login_file.read_text())] == [another_name, system.url]
    assert f"commands now use {system.url}" in signed_in.queuectl("logout").err
    assert signed_in.queuectl("logout", another_name).err == f"queuectl: no saved login for {another_name}\n"
    assert signed_in.queuectl("status").status == 0


def test_a_file_that_others_could_have_read_or_written_is_not_used(signed_in: User, system: System) -> None:
    signed_in.login_file.chmod(0o640)
    done = signed_in.queuectl("status", "--url", system.url)
    assert done.status == 4
    assert f"{signed_in.login_file} is not used: other users can read it: chmod 600" in done.err
    signed_in.login_file.chmod(0o600)
    if os.getuid() == 0:
        os.chown(signed_in.login_file, 65_534, 65_534)
        assert "is not used: it belongs to another user" in signed_in.queuectl("status", "--url", system.url).err


def test_a_damaged_file_is_reported(signed_in: User) -> None:
    signed_in.login_file.write_text('[{"url": 1')
    assert signed_in.queuectl("status").err.endswith("login.json is damaged: remove it and sign in again\n")


def test_a_refusal_names_the_role_that_is_needed(user: User, system: System) -> None:
    secret = system.queuectl("token", "create", user.home.name, "--role", "viewer").out
    user.queuectl("login", system.url, given=secret)
    assert user.queuectl("status").status == 0
    done = user.queuectl("enqueue", "--", "true")
    assert (done.status, done.out) == (4, "")
    assert "has the role viewer, but this requires the role operator" in done.err
    assert f"use 'queuectl login {system.url}' to replace it" in done.err


def test_a_token_that_no_header_can_hold_is_refused_unseen(user: User, system: System) -> None:
    done = user.queuectl("status", "--url", system.url, "--token", "secret\nX-Header: 1")
    assert (done.status, "secret" in done.err) == (4, False)
    assert done.err.count("\n") == 1
