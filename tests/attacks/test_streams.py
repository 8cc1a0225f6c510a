"""Streams that are opened without end, or kept open after their credentials have ended."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from queuectl_api.streams import MOST_STREAMS
from queuectl_core.model.role import Role
from tests.api.attempts import claimed
from tests.opened import opened
from tests.output import opened_logs, write_output
from tests.running import eventually, migrate, running_api
from tests.signed_in import TOKEN, client

STREAMS = ["/api/events", "/api/logs/running?follow=true", "/api/backup"]

MORE_THAN_IS_SENT_AHEAD = 32 << 20
"""What a client has not read yet fits into the buffers of its connection, up to a few MiB."""


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address and the database of an API of one process, with a job that runs and runs."""
    data_dir = tmp_path_factory.mktemp("streams")
    migrate(data_dir)
    with opened(data_dir / "queue.db") as store:
        claimed(store, id="running")
        printed = claimed(store).lease
    write_output(opened_logs(data_dir), printed.seq, printed.attempt, b"x" * MORE_THAN_IS_SENT_AHEAD)
    with running_api(data_dir, api_processes=1) as url:
        yield url, data_dir / "queue.db"


def test_a_caller_has_so_many_streams_and_no_more(one: tuple[str, Path]) -> None:
    url, _ = one
    with client(url) as api, ExitStack() as opened:
        streams = [stream for _ in range(MOST_STREAMS) for stream in eventually(lambda: begun(opened, api))]
        for path in STREAMS:
            refused = api.get(path)
            assert refused.status_code == 429
            assert refused.json()["detail"] == (
                f"token 'QUEUECTL_TOKEN' has {MOST_STREAMS} streams open already:"
                " close one of its events, logs or backups first"
            )
        other = api.post("/api/tokens", json={"name": "other", "role": "viewer"}).json()["token"]
        with httpx.stream("GET", f"{url}/api/events", headers={"Authorization": f"Bearer {other}"}) as stream:
            assert stream.status_code == 200
        streams[0].close()
        eventually(lambda: opens(api))


def begun(opened: ExitStack, api: httpx.Client) -> list[httpx.Response]:
    """One more stream; none where those of another test have not ended yet."""
    stream = opened.enter_context(api.stream("GET", "/api/events"))
    return [stream] if stream.status_code == 200 else []


def test_who_waits_for_output_and_hangs_up_is_not_waited_for(one: tuple[str, Path]) -> None:
    url, _ = one

    def hang_up(_: int) -> None:
        eventually(waits_in_vain)

    def waits_in_vain() -> bool:
        """Not where streams of another test have not ended yet."""
        try:
            assert api.get("/api/logs/running?offset=0&follow=true", timeout=0.5).status_code == 429
        except httpx.TimeoutException:
            return True
        return False

    with client(url) as api:
        with ThreadPoolExecutor(50) as many:
            list(many.map(hang_up, range(MOST_STREAMS)))
        eventually(lambda: opens(api))


def opens(api: httpx.Client) -> bool:
    """Whether one more stream can be had."""
    with api.stream("GET", "/api/events") as stream:
        return stream.status_code == 200


@pytest.mark.parametrize("path", STREAMS)
@pytest.mark.parametrize(
    "end", ["revoked", "expired", "signed out", "signed out everywhere", "revoked under a session"]
)
def test_a_stream_ends_with_what_it_was_signed_by(one: tuple[str, Path], path: str, end: str) -> None:
    url, database = one
    ended = streams_ended(database.parent)
    with opened(database) as store:
        if "token" in {token.name for token in store.tokens.all()}:
            store.tokens.revoke("token")
        expires_at = time.time() + 3 if end == "expired" else None
        secret = store.tokens.create("token", Role.ADMIN, "test", expires_at)
    with httpx.Client(base_url=url, timeout=60) as caller:
        if "sign" in end or "session" in end:
            caller.post("/api/session", json={"token": secret}).raise_for_status()
        else:
            caller.headers["Authorization"] = f"Bearer {secret}"
        with caller.stream("GET", path) as stream:
            assert stream.status_code == 200
            if "revoked" in end:
                with client(url) as admin:
                    admin.delete("/api/tokens/token").raise_for_status()
            elif "signed out" in end:
                with httpx.Client(base_url=url, cookies=caller.cookies, headers={"Origin": url}) as page:
                    page.delete("/api/session", params={"everywhere": "everywhere" in end}).raise_for_status()
            eventually(lambda: streams_ended(database.parent) > ended)
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                stream.read()
        assert caller.get(path).status_code in (401, 429)


def streams_ended(data_dir: Path) -> int:
    return (data_dir / "api.log").read_text().count("a stream was ended")


def test_other_streams_go_on(one: tuple[str, Path]) -> None:
    url, database = one
    with client(url) as api, api.stream("GET", "/api/events") as stream:
        lines = stream.iter_lines()
        with opened(database) as store:
            store.tokens.create("short", Role.VIEWER, "test")
            store.tokens.revoke("short")
        for _ in range(3):
            next(line for line in lines if line.startswith("event: status"))
    assert TOKEN
