"""GET /api/logs: output as it was written, or as it is being written."""

import os

import httpx

from queuectl_core.logs import Logs
from queuectl_core.sqlite.store import Store
from tests.api.playing import claimed, end
from tests.core.working import take


def write(logs: Logs, seq: int, attempt: int, content: bytes) -> None:
    path = logs.path(seq, attempt)
    if not path.exists():
        os.close(logs.create(seq, attempt))
    with path.open("ab") as file:
        file.write(content)


def test_output_comes_back_byte_by_byte(api: httpx.Client, store: Store, logs: Logs) -> None:
    claim = claimed(store)
    assert api.get(f"/api/logs/{claim.job_id}").content == b""
    content = bytes(range(256)) * 1000
    write(logs, claim.lease.seq, 1, content)
    answer = api.get(f"/api/logs/{claim.job_id}")
    assert answer.content == content
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_tail_and_single_attempts(api: httpx.Client, store: Store, logs: Logs) -> None:
    claim = claimed(store, backoff_base=0)
    write(logs, claim.lease.seq, 1, b"first\n")
    end(store, claim, exit_code=1)
    take(store, "player", 1, [claim.queue])
    write(logs, claim.lease.seq, 2, b"a\nb\nc\n")
    path = f"/api/logs/{claim.job_id}"
    assert api.get(path).text == "a\nb\nc\n"
    assert api.get(path, params={"tail": 2}).text == "b\nc\n"
    assert api.get(path, params={"attempt": 1}).text == "first\n"
    refusal = api.get(path, params={"attempt": 3})
    assert refusal.status_code == 404
    assert "has no attempt 3: it had 2 so far" in refusal.json()["detail"]
    assert api.get(path, params={"tail": -1}).status_code == 422


def test_following_goes_on_through_retries_until_the_job_has_ended(api: httpx.Client, store: Store, logs: Logs) -> None:
    claim = claimed(store, backoff_base=0)
    seq = claim.lease.seq
    write(logs, seq, 1, b"one ")
    with api.stream("GET", f"/api/logs/{claim.job_id}", params={"follow": True}) as response:
        chunks = response.iter_bytes()
        assert next(chunks) == b"one "
        write(logs, seq, 1, b"two ")
        assert next(chunks) == b"two "
        end(store, claim, exit_code=1)
        [again] = take(store, "player", 1, [claim.queue])
        write(logs, seq, 2, b"three ")
        assert next(chunks) == b"three "
        write(logs, seq, 2, b"the end")
        end(store, again)
        assert b"".join(chunks) == b"the end"


def test_following_one_attempt_ends_with_it(api: httpx.Client, store: Store, logs: Logs) -> None:
    claim = claimed(store)
    write(logs, claim.lease.seq, 1, b"x")
    end(store, claim, exit_code=1)
    assert api.get(f"/api/logs/{claim.job_id}", params={"follow": True, "attempt": 1}).content == b"x"


def test_following_ends_when_the_job_is_deleted(api: httpx.Client, store: Store, logs: Logs) -> None:
    claim = claimed(store)
    write(logs, claim.lease.seq, 1, b"x")
    with api.stream("GET", f"/api/logs/{claim.job_id}", params={"follow": True}) as response:
        chunks = response.iter_bytes()
        assert next(chunks) == b"x"
        store.queue.delete(claim.job_id, force=True)
        assert b"".join(chunks) == b""
