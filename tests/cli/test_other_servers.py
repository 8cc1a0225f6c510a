"""Every command reports answers that are not from the API: another program, a redirect, a network's sign-in page."""

from pathlib import Path

import pytest

from tests.cli.servers import answering
from tests.cli.user import User
from tests.signed_in import TOKEN

COPY = "copy.tar"
COMMANDS = [
    ["status"],
    ["status", "--watch"],
    ["list"],
    ["show", "job1"],
    ["enqueue", "--", "true"],
    ["enqueue", "--priority", "1", "--", "true"],
    ["enqueue", "-"],
    ["run", "--", "true"],
    ["edit", "job1", "--priority", "1"],
    ["cancel", "job1"],
    ["retry", "job1"],
    ["delete", "--yes", "job1"],
    ["logs", "job1"],
    ["logs", "--follow", "job1"],
    ["wait", "job1"],
    ["schedule", "add", "nightly", "--every", "1h", "true"],
    ["schedule", "list"],
    ["schedule", "run", "nightly"],
    ["schedule", "delete", "--yes", "nightly"],
    ["dlq", "list"],
    ["dlq", "retry", "--all"],
    ["dlq", "purge", "--yes"],
    ["queue", "list"],
    ["queue", "pause", "media"],
    ["config", "list"],
    ["config", "get", "max-retries"],
    ["config", "set", "max-retries", "3"],
    ["worker", "list"],
    ["worker", "drain", "w"],
    ["backup", COPY],
    ["backup", "-"],
    ["restore", "--yes", "-"],
    ["token", "list"],
    ["token", "create", "ci"],
    ["token", "revoke", "--yes", "ci"],
    ["token", "link"],
    ["audit"],
    ["login"],
]
ONE_OF_EACH_KIND = [
    ["status"],
    ["status", "--watch"],
    ["enqueue", "--", "true"],
    ["enqueue", "-"],
    ["delete", "--yes", "job1"],
    ["logs", "--follow", "job1"],
    ["backup", COPY],
    ["restore", "--yes", "-"],
    ["login"],
]
JOBS = '{"command": "true"}\n{"command": "true"}\n'


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    """A user in an empty directory."""
    monkeypatch.chdir(tmp_path)
    return User(tmp_path)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_redirect_is_reported_and_not_followed(user: User, words: list[str], tmp_path: Path) -> None:
    with answering(200, b"{}") as elsewhere, answering(308, b"", location=elsewhere + "/prefix{path}") as named:
        done = user.queuectl(*words, url=named, token=TOKEN, given=TOKEN if words == ["login"] else JOBS)
    assert done.status in (1, 3)
    assert f"{named} redirects to {elsewhere}/prefix: if that is the API, use that URL" in done.err
    assert f"'queuectl login {elsewhere}/prefix'" in done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    assert not list(tmp_path.glob(f"{COPY}*"))


@pytest.mark.parametrize(
    ("status", "content", "content_type"),
    [
        (200, b"<html><h1>Welcome to our network</h1>", "text/html"),
        (200, b"", "text/html"),
        (200, b'["x"]', "application/json"),
        (302, b"", "text/html"),
        (502, b"<html>Bad Gateway", "text/html"),
    ],
    ids=["a page", "nothing", "other JSON", "a redirect to nowhere", "an error of a proxy"],
)
@pytest.mark.parametrize("words", ONE_OF_EACH_KIND, ids=" ".join)
def test_answers_of_other_servers_are_recognized(
    user: User, words: list[str], status: int, content: bytes, content_type: str, tmp_path: Path
) -> None:
    with answering(status, content, content_type) as other:
        done = user.queuectl(*words, url=other, token=TOKEN, given=TOKEN if words == ["login"] else JOBS)
    assert done.status in (1, 3)
    assert f"the response from {other} ({status} " in done.err
    assert "is not from the QueueCTL API: check --url" in done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    assert not list(tmp_path.glob(f"{COPY}*"))


@pytest.mark.parametrize(("status", "location"), [(204, ""), (302, "http://[bad")])
@pytest.mark.parametrize("words", [["status"], ["enqueue", "--", "true"], ["login"]], ids=" ".join)
def test_an_answer_that_means_nothing_is_no_traceback(user: User, words: list[str], status: int, location: str) -> None:
    with answering(status, b"", location=location) as other:
        done = user.queuectl(*words, url=other, token=TOKEN, given=TOKEN)
    assert done.status in (1, 3)
    assert f"the response from {other} ({status} " in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("words", [["status"], ["list"], ["enqueue", "--", "true"], ["audit"], ["login"]], ids=" ".join)
def test_a_field_that_is_not_there_is_no_traceback(user: User, words: list[str]) -> None:
    with answering(200, b"{}", "application/json") as other:
        done = user.queuectl(*words, url=other, token=TOKEN, given=TOKEN)
    assert done.status == 3
    assert f"the response from {other} (JSON without '" in done.err
