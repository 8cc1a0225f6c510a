"""Bodies that are too large, are never to come, or come without authentication."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from queuectl_api.batch import NDJSON
from queuectl_api.bulk import BULK_BYTES
from queuectl_api.content_type import SMALL_BYTES
from queuectl_api.json_values import MOST_VALUES
from queuectl_api.problems import MOST_TOLD
from queuectl_api.protocol import HEAD_BYTES, MOST_HEADERS, MOST_PARAMETERS
from queuectl_core.model.new_job import COMMANDS_BYTES, JOB_BYTES
from tests import openapi
from tests.attacks.wire import SIGNED, ask, connect, head, read
from tests.running import migrate, running_api
from tests.signed_in import HEADERS, client, created

JSON = "Content-Type: application/json"
AS_JSON = {"Content-Type": "application/json"}
CHUNKED = "Transfer-Encoding: chunked"
MEGABYTE = 1 << 20
WITH_A_BODY = [
    ("POST /api/jobs", JSON),
    ("PATCH /api/jobs/x", JSON),
    ("POST /api/jobs/bulk", JSON),
    ("PUT /api/config/max-retries", JSON),
    ("PATCH /api/queues/x", JSON),
    ("POST /api/tokens", JSON),
    ("POST /api/jobs/batch", JSON),
    ("POST /api/jobs/batch", f"Content-Type: {NDJSON}"),
    ("POST /api/restore", "Content-Type: application/x-tar"),
]


@pytest.mark.parametrize(("line", "kind"), WITH_A_BODY)
@pytest.mark.parametrize("length", [f"Content-Length: {1 << 40}", CHUNKED])
@pytest.mark.parametrize("token", ["", "Authorization: Bearer queuectl_wrong\r\n"])
def test_a_stranger_is_refused_before_a_byte_of_the_body_is_read(
    url: str, line: str, kind: str, length: str, token: str
) -> None:
    """None is sent, so the answer did not wait for it; nor is it asked for."""
    answer = ask(url, head(line, kind, length, "Expect: 100-continue", *token.splitlines()))
    assert answer.status in ((401, 429) if token else (401,))
    assert "sign" in answer.problem


def operations_with_a_body() -> Iterator[tuple[str, str, str]]:
    """Method, path and content type: all that there are."""
    for path, methods in openapi.document()["paths"].items():
        for method, told in methods.items():
            for kind in told.get("requestBody", {}).get("content", {}):
                yield method.upper(), path.replace("{key}", "max-retries"), kind


@pytest.mark.parametrize(("method", "path", "kind"), list(operations_with_a_body()))
@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate, gzip", "made-up"])
def test_a_compressed_body_is_refused_and_told_what_is_taken(
    api: httpx.Client, method: str, path: str, kind: str, coding: str
) -> None:
    bomb = gzip.compress(bytes(MEGABYTE))
    refused = api.request(method, path, content=bomb, headers={"Content-Type": kind, "Content-Encoding": coding})
    assert (refused.status_code, refused.headers["accept-encoding"]) == (415, "identity")
    assert refused.json()["detail"] == (
        f"the content encoding must be identity, not '{coding}': send the body as it is"
    )


def test_a_body_that_says_that_it_is_as_it_is_is_taken(api: httpx.Client) -> None:
    for coding in ("identity", "Identity", ""):
        enqueued = api.post("/api/jobs", json={"command": "true"}, headers={"Content-Encoding": coding})
        assert enqueued.status_code == 201
    wrong = api.post("/api/jobs", content=b"x", headers={"Content-Type": "text/plain"})
    assert (wrong.status_code, "accept-encoding" in wrong.headers) == (415, False)


@pytest.fixture(scope="module")
def lesser(url: str) -> dict[str, str]:
    """The Authorization of a viewer and of an operator."""
    with client(url) as admin:
        return {role: created(admin, role)[1]["Authorization"] for role in ("viewer", "operator")}


@pytest.mark.parametrize(("line", "kind"), WITH_A_BODY)
@pytest.mark.parametrize("length", [f"Content-Length: {1 << 40}", CHUNKED])
def test_so_is_a_caller_whose_role_is_too_low(
    url: str, lesser: dict[str, str], line: str, kind: str, length: str
) -> None:
    role = "viewer" if "/jobs" in line else "operator"
    answer = ask(url, head(line, kind, length, "Expect: 100-continue", f"Authorization: {lesser[role]}"))
    assert answer.status == 403
    assert f" {role}, but this requires the role " in answer.problem


@pytest.mark.parametrize(
    "line", ["POST /api/nothing", "PUT /api/jobs", "DELETE /healthz", "POST /", "PUT /assets/x.js"]
)
def test_so_is_a_body_for_what_does_not_exist(url: str, line: str) -> None:
    answer = ask(url, head(line, JSON, f"Content-Length: {1 << 40}", "Expect: 100-continue", SIGNED))
    assert answer.status in (404, 405)


@pytest.mark.parametrize(
    ("line", "limit"),
    [
        ("POST /api/jobs", JOB_BYTES),
        ("PATCH /api/jobs/x", JOB_BYTES),
        ("POST /api/jobs/bulk", BULK_BYTES),
        ("PATCH /api/queues/x", COMMANDS_BYTES),
        ("PUT /api/config/max-retries", COMMANDS_BYTES),
        ("POST /api/tokens", SMALL_BYTES),
        ("POST /api/session", SMALL_BYTES),
    ],
)
def test_a_body_that_is_announced_too_large_is_not_read(url: str, line: str, limit: int) -> None:
    answer = ask(url, head(line, JSON, f"Content-Length: {limit + 1}", SIGNED))
    assert answer.status == 413
    assert answer.problem == f"the body is larger than {limit} bytes: send less at once"


def test_the_largest_of_what_an_endpoint_takes_fits(api: httpx.Client) -> None:
    env = {f"V{n:0254}": "x" * 32_768 for n in range(100)}
    job = {"command": "\n" * 65_535 + "x", "env": env, "queue": "largest", "delay": 1000}
    assert api.post("/api/jobs", json=job).status_code == 201
    assert api.post("/api/jobs/bulk", json={"action": "retry", "ids": ["x" * 128] * 500}).status_code == 200
    commands = {"commands": ["\u4e2d" * 1000] * 100}
    assert api.patch("/api/queues/largest", content=json.dumps(commands), headers=AS_JSON).status_code == 200


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_json_in_another_encoding_is_refused_before_it_is_parsed(api: httpx.Client, encoding: str) -> None:
    text = '{"\u2200": [' + ",".join(["[]"] * 100_000) + "]}"
    answer = api.post("/api/jobs/bulk", content=text.encode(encoding)[:BULK_BYTES], headers=AS_JSON)
    assert (answer.status_code, answer.json()["detail"]) == (422, "body: is not valid JSON in UTF-8")


def hostile(values: int) -> dict[str, bytes]:
    """JSON of so many fields or items, each in another place."""
    fields = b"{" + b",".join(b'"%d":1' % n for n in range(values)) + b"}"
    items = b"[" + b",".join([b"1"] * values) + b"]"
    return {
        "unknown fields": fields,
        "the same field": b"{" + b",".join([b'"a":1'] * values) + b"}",
        "variables": b'{"command":"x","env":%b}' % fields,
        "limits": b'{"command":"x","limits":%b}' % fields,
        "tags": b'{"command":"x","tags":%b}' % items,
        "ids": b'{"action":"retry","ids":%b}' % items,
        "a list": items,
        "nested lists": b"[" * values,
        "nested objects": b'{"":' * values,
        "strings with marks": b'{"%b":[%b]}' % (b",[{" * 1000, b",".join([b'"\\""'] * values)),
    }


@pytest.mark.parametrize(("line", "limit"), [("POST /api/jobs", JOB_BYTES), ("POST /api/jobs/bulk", BULK_BYTES)])
@pytest.mark.parametrize("kind", hostile(1))
def test_more_values_than_any_endpoint_takes_are_not_parsed(
    api: httpx.Client, line: str, limit: int, kind: str
) -> None:
    method, path = line.split()
    answer = api.request(method, path, content=hostile(limit // 12)[kind], headers=AS_JSON)
    assert answer.status_code == 413
    assert answer.json()["detail"] == f"the body holds more than {MOST_VALUES} fields and items: send less at once"


@pytest.mark.parametrize("kind", ["unknown fields", "variables", "limits", "tags", "strings with marks"])
def test_nor_are_they_in_a_batch(api: httpx.Client, kind: str) -> None:
    bad = hostile(JOB_BYTES // 12)[kind]
    good = b'{"command":"true"}'
    lines = api.post("/api/jobs/batch", content=b"\n".join([good, bad, good]), headers={"Content-Type": NDJSON})
    assert (lines.status_code, lines.json()["detail"]) == (
        422,
        f"line 2: holds more than {MOST_VALUES} fields and items",
    )
    array = api.post("/api/jobs/batch", content=b"[%b,%b,%b]" % (good, bad, good), headers=AS_JSON)
    assert array.status_code == 422
    assert array.json()["detail"].endswith(f"it holds more than {MOST_VALUES} fields and items")
    assert array.json()["detail"].startswith("item 2: ")


@pytest.mark.parametrize(("path", "kind"), [("/api/jobs", "application/json"), ("/api/jobs/batch", NDJSON)])
def test_a_refusal_is_short_however_much_is_wrong(api: httpx.Client, path: str, kind: str) -> None:
    names = [("\u4e2d" * 1000) + str(n) for n in range(900)]
    content = json.dumps(dict.fromkeys(names, "x"), ensure_ascii=False).encode()
    answer = api.post(path, content=content, headers={"Content-Type": kind})
    assert answer.status_code == 422
    assert len(answer.content) < 50_000
    assert len(answer.json()["errors"]) == MOST_TOLD
    assert answer.json()["detail"].endswith("command: is missing (and 900 more)")


def test_a_single_name_or_value_of_megabytes_is_not_sent_back(api: httpx.Client) -> None:
    huge = "x" * (JOB_BYTES - 1000)
    for job in (
        {"command": "true", huge: 1},
        {"command": "true", "env": {huge: "x"}},
        {"command": "true", "env": {"A": huge}},
        {"command": "true", "limits": {huge: 1}},
        {"command": huge},
        {"command": "true", "priority": huge},
        {"command": "true", "tags": [huge]},
        {"command": "true", "run_at": huge},
    ):
        answer = api.post("/api/jobs", json=job)
        assert answer.status_code == 422
        assert len(answer.content) < 5000


def test_an_address_has_few_parameters(api: httpx.Client, url: str) -> None:
    assert api.get("/api/jobs?" + "a=1&" * (MOST_PARAMETERS - 1)).status_code == 422
    answer = ask(url, head("GET /api/jobs?" + "a=1&" * MOST_PARAMETERS, SIGNED))
    assert answer.status == 431
    assert f"or {MOST_PARAMETERS} parameters" in answer.problem


def test_a_body_that_turns_out_too_large_is_not_read_on(api: httpx.Client, url: str) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"command": "'
        for _ in range(64):
            yield b"x" * (1 << 20)

    answer = api.post("/api/jobs", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    just_right = b'{"command": "true"}' + b" " * (JOB_BYTES - 19)
    assert api.post("/api/jobs", content=just_right, headers={"Content-Type": "application/json"}).status_code == 201


def test_who_signs_in_needs_few_bytes(url: str) -> None:
    answer = ask(url, head("POST /api/session", JSON, f"Content-Length: {SMALL_BYTES + 1}"))
    assert answer.status == 413


def test_a_batch_has_a_limit_of_its_own_that_can_be_set(tmp_path: Path) -> None:
    migrate(tmp_path)
    with running_api(tmp_path, batch_bytes=1000) as url, client(url) as api:
        for content in (b'{"command": "true"}\n' * 60, iter([b'{"command": "true"}\n'] * 60)):
            answer = api.post("/api/jobs/batch", content=content, headers={"Content-Type": NDJSON})
            assert answer.status_code == 413
            assert "larger than 1000 bytes" in answer.json()["detail"]
        allowed = b'{"command": "true"}\n' * 40
        assert api.post("/api/jobs/batch", content=allowed, headers={"Content-Type": NDJSON}).status_code == 201
        assert api.get("/api/status").json()["jobs"]["pending"] == 40


@pytest.mark.parametrize(
    "request_",
    [
        head("GET /healthz", "X-Long: " + "x" * HEAD_BYTES),
        head("GET /healthz?" + "x" * HEAD_BYTES),
        head("GET /healthz", *["X-Many: x"] * 20_000),
        head("GET /healthz", *["aa:"] * MOST_HEADERS),
        head("GET /healthz", "X-Endless: " + "x" * 4 * HEAD_BYTES)[:-4],
        b"GET /" + b"x" * 4 * HEAD_BYTES,
    ],
    ids=["one header", "address", "many headers", "many small headers", "no end", "no line"],
)
def test_a_head_has_a_bound(url: str, request_: bytes) -> None:
    answer = ask(url, request_)
    assert answer.status == 431
    assert f"larger than {HEAD_BYTES} bytes" in answer.problem


@pytest.mark.parametrize(
    "before",
    [
        head("POST /api/session", JSON, CHUNKED) + b"0\r\n",
        head("POST /api/jobs", JSON, CHUNKED, SIGNED) + b"2\r\n{}\r\n0\r\n",
        head("POST /api/jobs", JSON, CHUNKED, SIGNED) + b"2;x=",
        head("GET /api/events", SIGNED) + b"GET / HTTP/1.1\r\n",
    ],
    ids=["trailers of a stranger", "trailers", "what is around a chunk", "a head behind a stream"],
)
@pytest.mark.parametrize("piece", [b"aa:b\r\n", b"x"], ids=["many lines", "one line"])
def test_nothing_that_is_no_body_comes_without_end(url: str, before: bytes, piece: bytes) -> None:
    with connect(url) as connection:
        connection.sendall(before)
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            connection.sendall(piece * (20 * MEGABYTE // len(piece)))


def test_a_trailer_is_no_header(url: str) -> None:
    body = b'13\r\n{"command": "true"}\r\n0\r\n' + SIGNED.encode() + b"\r\n"
    assert ask(url, head("POST /api/jobs", JSON, CHUNKED) + body).status == 401


def test_a_large_body_may_come_in_many_chunks(url: str) -> None:
    chunks = b"".join(b"1\r\n \r\n" for _ in range(MEGABYTE // 4))
    body = chunks + b'13\r\n{"command": "true"}\r\n0\r\n\r\n'
    assert ask(url, head("POST /api/jobs", JSON, CHUNKED, SIGNED) + body).status == 201


@pytest.mark.parametrize("line", sorted({line for line, _ in WITH_A_BODY}))
@pytest.mark.parametrize("given", ["", "Content-Type: text/plain"])
def test_a_stranger_is_not_told_what_kind_of_body_is_wanted(url: str, line: str, given: str) -> None:
    assert ask(url, head(line, *given.splitlines(), "Content-Length: 0")).status == 401
    assert ask(url, head(line, *given.splitlines(), "Content-Length: 0", SIGNED)).status == 415


@pytest.mark.parametrize(
    "request_",
    [
        head("POST /api/jobs", JSON, CHUNKED, "Content-Length: 4") + b"0\r\n\r\nGET /api/tokens HTTP/1.1\r\n\r\n",
        head("POST /api/jobs", JSON, "Content-Length: 4", "Content-Length: 5") + b"{}  ",
        head("POST /api/jobs", JSON, "Content-Length: -1"),
        head("POST /api/jobs", JSON, "Content-Length: 1e9"),
        head("GET /healthz", "X-Folded: a\r\n Host: evil"),
        head("GET /healthz", "X: a\rAuthorization: b"),
        head("GET /healthz", "X: a\x00b"),
        head("GET /healthz", "X Y: a"),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_two_servers_could_read_in_two_ways_is_read_in_none(url: str, request_: bytes) -> None:
    answer = ask(url, request_)
    assert answer.status == 400
    assert "not a valid HTTP/1.1 request" in answer.problem


def test_a_bad_chunk_ends_it(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(head("POST /api/jobs", JSON, CHUNKED, SIGNED) + b"5\r\nhello\r\nnonsense\r\n")
        assert read(connection).status in (0, 400)


def test_who_was_refused_can_go_on_with_the_connection(url: str) -> None:
    with connect(url) as connection:
        for _ in range(3):
            connection.sendall(head("POST /api/jobs", JSON, "Content-Length: 19") + b'{"command": "true"}')
            assert read(connection).status == 401
        connection.sendall(head("GET /api/status", f"Authorization: {HEADERS['Authorization']}"))
        assert read(connection).status == 200
