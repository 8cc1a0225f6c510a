"""GET /api/logs: output as it was written, or as it is being written."""

import httpx
import pytest

from queuectl_api.logs import MOST_AT_ONCE
from queuectl_core.logs.store import LogStore
from queuectl_core.model.attempt import Printed
from queuectl_core.store.store import Store
from tests.api.attempts import claimed, end
from tests.output import write_output
from tests.store.attempts import take


def write(logs: LogStore, seq: int, attempt: int, content: bytes) -> None:
    """Append to the log of an attempt."""
    write_output(logs, seq, attempt, content, written=logs.size(seq, attempt))


def test_output_comes_back_byte_by_byte(api: httpx.Client, store: Store, logs: LogStore) -> None:
    claim = claimed(store)
    assert api.get(f"/api/logs/{claim.job_id}").content == b""
    content = bytes(range(256)) * 1000
    write(logs, claim.lease.seq, 1, content)
    answer = api.get(f"/api/logs/{claim.job_id}")
    assert answer.content == content
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_tail_and_single_attempts(api: httpx.Client, store: Store, logs: LogStore) -> None:
    claim = claimed(store, backoff_base=0)
    write(logs, claim.lease.seq, 1, b"first\n")
    end(store, claim, exit_code=1)
    take(store, "api-tests", 1, [claim.queue])
    write(logs, claim.lease.seq, 2, b"a\nb\nc\n")
    path = f"/api/logs/{claim.job_id}"
    assert api.get(path).text == "a\nb\nc\n"
    assert api.get(path, params={"tail": 2}).text == "b\nc\n"
    assert api.get(path, params={"attempt": 1}).text == "first\n"
    refusal = api.get(path, params={"attempt": 3})
    assert refusal.status_code == 404
    assert "has no attempt 3: it had 2 so far" in refusal.json()["detail"]
    assert api.get(path, params={"tail": -1}).status_code == 422


def test_following_goes_on_through_retries_until_the_job_has_ended(
    api: httpx.Client, store: Store, logs: LogStore
) -> None:
    claim = claimed(store, backoff_base=0)
    seq = claim.lease.seq
    write(logs, seq, 1, b"one ")
    with api.stream("GET", f"/api/logs/{claim.job_id}", params={"follow": True}) as response:
        chunks = response.iter_bytes()
        assert next(chunks) == b"one "
        write(logs, seq, 1, b"two ")
        assert next(chunks) == b"two "
        end(store, claim, exit_code=1)
        [again] = take(store, "api-tests", 1, [claim.queue])
        write(logs, seq, 2, b"three ")
        assert next(chunks) == b"three "
        write(logs, seq, 2, b"the end")
        end(store, again)
        assert b"".join(chunks) == b"the end"


def test_following_one_attempt_ends_with_it(api: httpx.Client, store: Store, logs: LogStore) -> None:
    claim = claimed(store)
    write(logs, claim.lease.seq, 1, b"x")
    end(store, claim, exit_code=1)
    assert api.get(f"/api/logs/{claim.job_id}", params={"follow": True, "attempt": 1}).content == b"x"


def test_following_ends_when_the_job_is_deleted(api: httpx.Client, store: Store, logs: LogStore) -> None:
    claim = claimed(store)
    write(logs, claim.lease.seq, 1, b"x")
    with api.stream("GET", f"/api/logs/{claim.job_id}", params={"follow": True}) as response:
        chunks = response.iter_bytes()
        assert next(chunks) == b"x"
        store.actions.delete(claim.job_id, force=True)
        assert b"".join(chunks) == b""


# From a position on


def position(answer: httpx.Response) -> tuple[bytes, str | None, str | None]:
    """What an answer holds, where that begins, and where to go on."""
    assert answer.status_code == 200, answer.text
    return answer.content, answer.headers.get("output-start"), answer.headers.get("output-next")


def where(place: str) -> dict[str, int]:
    """The parameters that ask for what is at a position."""
    attempt, offset = place.split(":")
    return {"attempt": int(attempt), "offset": int(offset)}


def numbered(size: int) -> bytes:
    return b"".join(b"%07d\n" % number for number in range(size // 8 + 1))[:size]


def test_a_short_output_is_read_from_a_position_on(api: httpx.Client, store: Store) -> None:
    claim = claimed(store)
    path = f"/api/logs/{claim.job_id}"
    assert position(api.get(path, params={"offset": 0})) == (b"", "1:0", "1:0")
    end(store, claim, printed=Printed(6, b"short\n"))
    assert position(api.get(path, params={"offset": 0})) == (b"short\n", "1:0", "1:6")
    assert position(api.get(path, params={"offset": 2})) == (b"ort\n", "1:2", "1:6")
    assert position(api.get(path, params=where("1:6"))) == (b"", "1:6", None)
    assert position(api.get(path, params={"offset": 2**40})) == (b"", f"1:{2**40}", None)
    assert position(api.get(path)) == (b"short\n", "1:0", None)
    assert [api.get(path, params={"tail": 1, "follow": follow}).text for follow in (False, True)] == ["short\n"] * 2


def test_a_long_output_is_read_piece_by_piece(api: httpx.Client, store: Store, logs: LogStore) -> None:
    claim = claimed(store)
    whole = numbered(5 * MOST_AT_ONCE // 2)
    write(logs, claim.lease.seq, 1, whole)
    place: str | None = "1:0"
    found, sizes = b"", []
    while place != f"1:{len(whole)}":
        assert place
        content, start, following = position(api.get(f"/api/logs/{claim.job_id}", params=where(place)))
        assert start == place
        found, place = found + content, following
        sizes.append(len(content))
    assert found == whole
    assert sizes == [MOST_AT_ONCE, MOST_AT_ONCE, MOST_AT_ONCE // 2]


@pytest.mark.parametrize("follow", [False, True])
def test_an_answer_ends_before_a_gap_and_the_next_one_begins_behind_it(
    api: httpx.Client, store: Store, logs: LogStore, follow: bool
) -> None:
    claim = claimed(store)
    whole = numbered(100_000)
    write_output(logs, claim.lease.seq, 1, whole, max_bytes=1000)
    path, last = f"/api/logs/{claim.job_id}", len(whole) - 500
    end(store, claim, printed=Printed(len(whole), tail=whole[-500:]))
    assert b"\n[... 99000 bytes were not kept ...]\n" in api.get(path).content
    content, start, following = position(api.get(path, params={"offset": 100, "follow": follow}))
    assert (content, start, following) == (whole[100:500], "1:100", None if follow else "1:500")
    for offset in (500, 5000):
        content, start, following = position(api.get(path, params={"offset": offset, "follow": follow}))
        assert (content, start) == (whole[last:], f"1:{last}")
    assert position(api.get(path, params={"offset": len(whole), "follow": follow})) == (b"", f"1:{len(whole)}", None)


def test_where_an_attempt_is_over_the_next_one_is_where_to_go_on(
    api: httpx.Client, store: Store, logs: LogStore
) -> None:
    claim = claimed(store, backoff_base=0)
    path = f"/api/logs/{claim.job_id}"
    write(logs, claim.lease.seq, 1, b"first\n")
    assert position(api.get(path, params=where("1:6"))) == (b"", "1:6", "1:6")
    end(store, claim, exit_code=1)
    assert position(api.get(path, params=where("1:6"))) == (b"", "1:6", "2:0")
    assert position(api.get(path, params=where("2:0"))) == (b"", "2:0", "2:0"), "though it has not begun"
    assert api.get(path, params=where("3:0")).status_code == 404
    [again] = take(store, "api-tests", 1, [claim.queue])
    end(store, again, printed=Printed(7, b"second\n"))
    assert position(api.get(path, params=where("1:0"))) == (b"first\n", "1:0", "1:6")
    assert position(api.get(path, params=where("2:0"))) == (b"second\n", "2:0", "2:7")
    assert position(api.get(path, params=where("2:7"))) == (b"", "2:7", None)
    assert position(api.get(path, params=where("3:0"))) == (b"", "3:0", None), "it may have been cancelled meanwhile"


@pytest.mark.parametrize("follow", [False, True])
def test_of_a_job_that_never_runs_nothing_follows(api: httpx.Client, store: Store, follow: bool) -> None:
    claim = claimed(store)
    store.reports.hand_back(claim.lease, Printed(0))
    store.actions.cancel(claim.job_id)
    ask = {"offset": 0, "follow": follow}
    assert position(api.get(f"/api/logs/{claim.job_id}", params=ask)) == (b"", "1:0", None)


def test_what_comes_at_a_position_is_waited_for(api: httpx.Client, store: Store, logs: LogStore) -> None:
    claim = claimed(store, backoff_base=0)
    path = f"/api/logs/{claim.job_id}"
    write(logs, claim.lease.seq, 1, b"one ")
    with api.stream("GET", path, params={"offset": 2, "follow": True}) as response:
        assert response.headers["output-start"] == "1:2"
        chunks = response.iter_bytes()
        assert next(chunks) == b"e "
        write(logs, claim.lease.seq, 1, b"two")
        assert next(chunks) == b"two"
        end(store, claim, exit_code=1)
        assert b"".join(chunks) == b""
    [again] = take(store, "api-tests", 1, [claim.queue])
    assert position(api.get(path, params={**where("1:7"), "follow": True})) == (b"", "1:7", "2:0")
    end(store, again, printed=Printed(4, b"all\n"))
    assert position(api.get(path, params={**where("2:0"), "follow": True})) == (b"all\n", "2:0", None)
    assert position(api.get(path, params={**where("2:4"), "follow": True})) == (b"", "2:4", None)


def test_a_position_and_the_last_lines_exclude_each_other(api: httpx.Client, store: Store) -> None:
    path = f"/api/logs/{claimed(store).job_id}"
    refusal = api.get(path, params={"offset": 0, "tail": 1})
    assert refusal.status_code == 422
    assert "offset and tail exclude each other" in refusal.text
    assert api.get(path, params={"offset": -1}).status_code == 422
    assert api.get(path, params={"offset": 2**63}).status_code == 422
