"""Status, workers, config, health, metrics, and what the API says of itself."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from queuectl_core.store.store import Store
from tests.names import unique
from tests.running import BIN, clean_environment, eventually, free_port, is_ready
from tests.signed_in import http
from tests.store.attempts import register


def test_the_status_counts(api: httpx.Client, store: Store) -> None:
    name = register(store, unique())
    before = api.get("/api/status").json()
    api.post("/api/jobs", json={"command": "true", "queue": unique()})
    after = api.get("/api/status").json()
    assert after["jobs"]["pending"] >= before["jobs"]["pending"] + 1
    assert before["workers"] >= 1
    store.workers.unregister(name)


def test_a_worker_can_be_asked_to_drain(api: httpx.Client, store: Store) -> None:
    name = register(store, unique())
    assert api.post(f"/api/workers/{name}/drain").json()["draining"] is True
    assert [w["draining"] for w in api.get("/api/workers").json()["items"] if w["id"] == name] == [True]
    store.workers.unregister(name)
    assert api.post(f"/api/workers/{name}/drain").status_code == 404


def test_a_setting_is_changed_within_its_bounds(api: httpx.Client) -> None:
    assert api.put("/api/config/backoff-max", json={"value": 100}).json()["value"] == 100
    assert api.get("/api/config/backoff-max").json()["value"] == 100
    for value in (-1, 1e12, "5", None, True):
        assert api.put("/api/config/backoff-max", json={"value": value}).status_code == 422
    assert api.get("/api/config/backoff-max").json()["value"] == 100
    unset = api.delete("/api/config/backoff-max")
    assert (unset.status_code, unset.json()["value"], unset.json()["updated_at"]) == (200, 3600, None)
    assert api.get("/api/config/backoff-max").json() == unset.json()
    for unknown in (api.put("/api/config/backof-max", json={"value": 1}), api.delete("/api/config/backof-max")):
        assert unknown.status_code == 404
        assert "did you mean 'backoff-max'?" in unknown.json()["detail"]


def test_a_setting_tells_of_what_kind_it_is(api: httpx.Client) -> None:
    number, commands = (api.get(f"/api/config/{key}").json() for key in ("max-retries", "default-commands"))
    assert (number["type"], number["default"], number["minimum"], number["maximum"]) == ("number", 3, 0, 1000)
    assert (commands["type"], commands["default"], commands["minimum"], commands["maximum"]) == (
        "commands",
        *[None] * 3,
    )
    assert [item for item in api.get("/api/config").json()["items"] if item["key"] == "default-commands"] == [commands]


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (["make *", "ls *.mov"], "value.1 \"ls *.mov\": must be one line without '*', a program name"),
        (["make *", 5], "value.1 5: must be a valid string"),
        ("make *", 'value "make *": must be a valid list'),
        (5, "value 5: must be a valid list"),
        (["make"] * 101, "must have at most 100 items"),
    ],
)
def test_a_wrong_list_of_commands_names_the_entry_and_changes_nothing(
    api: httpx.Client, value: object, detail: str
) -> None:
    answer = api.put("/api/config/default-commands", json={"value": value})
    assert (answer.status_code, detail in answer.json()["detail"]) == (422, True), answer.text
    [error] = answer.json()["errors"]
    assert answer.json()["detail"].startswith(error["field"])
    assert api.get("/api/config/default-commands").json()["value"] is None


@pytest.mark.parametrize("key", ["max-retries", "default-commands"])
@pytest.mark.parametrize(
    "body", ['{"value": NaN}', '{"value": %s}' % ("[" * 900 + "]" * 900), '{"value": {"a": 1}}', "{}"]
)
def test_what_no_setting_can_be_is_refused(api: httpx.Client, key: str, body: str) -> None:
    answer = api.put(f"/api/config/{key}", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("value")


def test_health_and_metrics(api: httpx.Client) -> None:
    assert api.get("/healthz").json() == {"status": "ok"}
    assert api.get("/readyz").json() == {"status": "ready"}
    assert 'queuectl_jobs{state="pending"}' in api.get("/metrics").text


def test_what_is_not_there_is_a_problem_too(api: httpx.Client) -> None:
    for answer, status in ((api.get("/api/nope"), 404), (api.put("/api/jobs"), 405)):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_method_that_a_path_does_not_know_is_told_those_that_it_does(api: httpx.Client) -> None:
    for answer, known in ((api.put("/api/status"), "GET, HEAD"), (api.head("/api/session/link"), "POST")):
        assert (answer.status_code, answer.headers["allow"]) == (405, known)


def test_every_operation_is_documented(api: httpx.Client) -> None:
    schema = api.get("/api/openapi.json").json()
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    assert all(operation["summary"] and operation["operationId"] and operation["tags"] for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert "default" not in json.dumps(schema["paths"]["/api/jobs/{id}"]["get"]["responses"]["404"]["content"])


@pytest.mark.parametrize("program", ["queuectl-api", "queuectl-worker"])
def test_a_service_without_a_database_says_so_in_one_line(tmp_path: Path, program: str) -> None:
    done = subprocess.run([BIN / program], env=clean_environment(data_dir=tmp_path), capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == f"{program}: there is no database at {tmp_path}/queue.db: create it with queuectl-migrate\n"


@pytest.mark.parametrize(
    ("program", "name", "value"),
    [
        ("queuectl-api", "BIND", "nonsense"),
        ("queuectl-api", "API_PROCESSES", "0"),
        ("queuectl-worker", "CONCURRENCY", "many"),
        ("queuectl-worker", "QUEUES", "a b"),
        ("queuectl-worker", "HEARTBEAT_TIMEOUT", "7"),
        ("queuectl-migrate", "HEARTBEAT", "0"),
        ("queuectl-worker", "LOG_LEVEL", "loud"),
    ],
)
def test_a_bad_setting_is_named_in_one_line(tmp_path: Path, program: str, name: str, value: str) -> None:
    env = clean_environment(data_dir=tmp_path) | {f"QUEUECTL_{name}": value}
    done = subprocess.run([BIN / program], env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{program}: QUEUECTL_{name}={value}: ")
    assert done.stderr.count("\n") == 1


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A directory that all users can reach; those of pytest are closed anew by each run."""
    with TemporaryDirectory() as path:
        Path(path).chmod(0o755)
        yield Path(path)


def test_a_read_only_database_is_told_at_the_start_and_answered_with_the_reason(reachable: Path) -> None:
    # Root may write anything: have somebody else try.
    prefix = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    env = clean_environment(data_dir=reachable)
    subprocess.run([BIN / "queuectl-migrate"], env=env, check=True, capture_output=True)
    (reachable / "queue.db").chmod(0o444)
    reachable.chmod(0o555)
    address = f"127.0.0.1:{free_port()}"
    with subprocess.Popen(
        [*prefix, BIN / "queuectl-api"], env=env | {"QUEUECTL_BIND": address}, stderr=subprocess.PIPE, text=True
    ) as api:
        assert api.stderr is not None
        assert "starting all the same: the database" in api.stderr.readline()
        eventually(lambda: is_ready(f"http://{address}", "/healthz"))
        answer = http.post(f"http://{address}/api/jobs", json={"command": "true"})
        api.terminate()
        reachable.chmod(0o755)
    assert answer.status_code == 503
    assert "cannot be used now" in answer.json()["detail"]
