"""The audit log over HTTP: whatever changes something leaves a line, found by job and by who did it."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest

from queuectl_core.model.new_schedule import NewSchedule
from queuectl_core.model.role import Role
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from tests import openapi
from tests.api.attempts import claimed, ended
from tests.names import unique
from tests.opened import opened, session_of
from tests.running import eventually, migrate, program, running_api
from tests.signed_in import TOKEN, client, created
from tests.store.attempts import job_in_state, register

TAR = {"content-type": "application/x-tar"}


class Doer:
    """Does things with a queue of its own."""

    def __init__(self, api: httpx.Client, store: Store) -> None:
        self.api = api
        self.store = store

    def lines(self, **query: Any) -> list[dict[str, Any]]:
        """The newest of the log."""
        items: list[dict[str, Any]] = self.api.get("/api/audit", params=query).raise_for_status().json()["items"]
        return items

    def told_of(self, do: "Change") -> tuple[httpx.Response, list[dict[str, Any]]]:
        """The answer, and what is written meanwhile."""
        before = self._count()
        answer = do(self)
        more = self._count() - before
        return answer, self.lines(limit=more) if more else []

    def _count(self) -> int:
        count: int = session_of(self.store).value("SELECT count(*) FROM audit")
        return count

    def job(self) -> str:
        """The path of a new job, of which nothing was written."""
        return f"/api/jobs/{job_in_state(self.store, State.PENDING)}"

    def dead(self) -> str:
        """The id of a dead one."""
        return ended(self.store, exit_code=1)

    def schedule(self) -> str:
        """The path of a new schedule, of which nothing was written."""
        new = NewSchedule.model_validate(SCHEDULE | {"name": unique()})
        return f"/api/schedules/{self.store.schedules.create(new).name}"

    def queue(self) -> str:
        """The name of one without a job."""
        self.store.queues.set_paused(name := unique(), True)
        return name


Change: TypeAlias = Callable[[Doer], httpx.Response]


@pytest.fixture(scope="module")
def doer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doer]:
    """With an API that no other test uses."""
    directory: Path = tmp_path_factory.mktemp("audit")
    migrate(directory)
    with running_api(directory) as url, client(url) as api, opened(directory / "queue.db") as store:
        yield Doer(api, store)


def sign_out(doer: Doer) -> httpx.Response:
    session, _ = doer.store.tokens.begin_session("QUEUECTL_TOKEN")
    url = str(doer.api.base_url).rstrip("/")
    cookie = {"Cookie": f"queuectl_session_{doer.api.base_url.port}={session}", "Origin": url}
    return httpx.delete(f"{url}/api/session", headers=cookie)


def revoke(doer: Doer) -> httpx.Response:
    doer.store.tokens.create(name := unique(), Role.VIEWER, "test")
    return doer.api.delete(f"/api/tokens/{name}")


def set_anew(do: Doer) -> httpx.Response:
    do.api.delete("/api/config/max-retries")
    return do.api.put("/api/config/max-retries", json={"value": 17})


def unset(do: Doer) -> httpx.Response:
    do.api.put("/api/config/max-retries", json={"value": 17})
    return do.api.delete("/api/config/max-retries")


def resume(do: Doer) -> httpx.Response:
    paused = do.schedule()
    with do.store.transaction():
        do.store.schedules.set_paused(paused.rpartition("/")[2], True)
    return do.api.post(f"{paused}/resume")


SCHEDULE = {"cron": "@yearly", "job": {"command": "true"}}
A_DAY = {"from": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}

TOLD: dict[str, tuple[str, Change]] = {
    "enqueueJob": ("enqueue", lambda do: do.api.post("/api/jobs", json={"command": "true"})),
    "enqueueBatch": ("enqueue", lambda do: do.api.post("/api/jobs/batch", json=[{"command": "true"}] * 3)),
    "changeJob": ("edit", lambda do: do.api.patch(do.job(), json={"priority": 3})),
    "cancelJob": ("cancel", lambda do: do.api.post(f"{do.job()}/cancel")),
    "retryJob": ("retry", lambda do: do.api.post(f"/api/jobs/{do.dead()}/retry")),
    "rerunJob": ("rerun", lambda do: do.api.post(f"{do.job()}/rerun")),
    "deleteJob": ("delete", lambda do: do.api.delete(do.job())),
    "changeJobs": ("retry", lambda do: do.api.post("/api/jobs/bulk", json={"action": "retry", "ids": [do.dead()]})),
    "retryDeadJob": ("retry", lambda do: do.api.post(f"/api/dlq/{do.dead()}/retry")),
    "retryDeadJobs": ("retry", lambda do: do.api.post("/api/dlq/retry", params={"q": do.dead()})),
    "purgeDeadJobs": ("delete", lambda do: do.api.delete("/api/dlq", params={"q": do.dead()})),
    "changeQueue": ("queue", lambda do: do.api.patch(f"/api/queues/{unique()}", json={"paused": True})),
    "deleteQueue": ("queue-delete", lambda do: do.api.delete(f"/api/queues/{do.queue()}")),
    "createSchedule": ("schedule-create", lambda do: do.api.post("/api/schedules", json=SCHEDULE | {"name": unique()})),
    "changeSchedule": ("schedule-edit", lambda do: do.api.patch(do.schedule(), json={"every": 60})),
    "deleteSchedule": ("schedule-delete", lambda do: do.api.delete(do.schedule())),
    "pauseSchedule": ("schedule-pause", lambda do: do.api.post(f"{do.schedule()}/pause")),
    "resumeSchedule": ("schedule-resume", resume),
    "runSchedule": ("schedule-run", lambda do: do.api.post(f"{do.schedule()}/run")),
    "backfillSchedule": ("schedule-backfill", lambda do: do.api.post(f"{do.schedule()}/backfill", json=A_DAY)),
    "setConfig": ("config", set_anew),
    "unsetConfig": ("config", unset),
    "drainWorker": ("drain", lambda do: do.api.post(f"/api/workers/{register(do.store, unique())}/drain")),
    "takeBackup": ("backup", lambda do: do.api.get("/api/backup")),
    "restoreBackup": (
        "restore",
        lambda do: do.api.post("/api/restore", content=do.api.get("/api/backup").content, headers=TAR),
    ),
    "createToken": ("token-create", lambda do: do.api.post("/api/tokens", json={"name": unique(), "role": "viewer"})),
    "revokeToken": ("token-revoke", revoke),
    "signIn": ("sign-in", lambda do: do.api.post("/api/session", json={"token": TOKEN})),
    "signOut": ("sign-out", sign_out),
    "makeSignInLink": ("sign-in-link", lambda do: do.api.post("/api/session/link")),
}
"""What each operation that changes something is called in the log, and how to do it."""


def changing() -> list[str]:
    """All that do, as far as the schema can tell."""
    paths = openapi.document()["paths"]
    return [told["operationId"] for methods in paths.values() for method, told in methods.items() if method != "get"]


@pytest.mark.parametrize("operation", [*changing(), "takeBackup"])
def test_whatever_changes_something_leaves_a_line(doer: Doer, operation: str) -> None:
    action, do = TOLD[operation]
    answer, lines = doer.told_of(do)
    answer.raise_for_status()
    assert [line["action"] for line in lines[:1]] == [action]
    for line in lines:
        assert (line["actor"], line["role"], line["address"]) == ("QUEUECTL_TOKEN", "admin", "127.0.0.1")


@pytest.mark.parametrize(
    "do",
    [
        pytest.param(lambda do: do.api.post("/api/jobs", json={"command": ""}), id="a bad job"),
        pytest.param(lambda do: do.api.post("/api/jobs/batch", json=[{"id": "x", "command": "a"}] * 2), id="twice"),
        pytest.param(lambda do: do.api.post("/api/jobs/batch", json=[]), id="an empty batch"),
        pytest.param(lambda do: do.api.post("/api/jobs/nothing/cancel"), id="no job"),
        pytest.param(lambda do: do.api.post(f"{do.job()}/retry"), id="what need not be retried"),
        pytest.param(lambda do: do.api.patch(do.job(), json={}), id="an empty edit"),
        pytest.param(lambda do: do.api.delete("/api/jobs/nothing"), id="nothing to delete"),
        pytest.param(
            lambda do: do.api.post("/api/jobs/bulk", json={"action": "retry", "ids": ["nothing"]}), id="an empty bulk"
        ),
        pytest.param(lambda do: do.api.patch("/api/queues/q", json={}), id="an empty change"),
        pytest.param(lambda do: do.api.patch("/api/queues/q", json={"paused": False}), id="a queue as it is"),
        pytest.param(lambda do: do.api.delete("/api/queues/nobody"), id="no queue to delete"),
        pytest.param(lambda do: do.api.delete("/api/queues/default"), id="a queue that holds jobs"),
        pytest.param(lambda do: do.api.put("/api/config/timeout", json={"value": 0}), id="a setting as it is"),
        pytest.param(lambda do: do.api.put("/api/config/timeout", json={"value": -1}), id="a bad setting"),
        pytest.param(lambda do: do.api.delete("/api/config/timeout"), id="a setting that has its default"),
        pytest.param(lambda do: do.api.post("/api/jobs/nothing/rerun"), id="no job to run again"),
        pytest.param(
            lambda do: do.api.post("/api/schedules", json=SCHEDULE | {"name": "s", "every": 1}), id="two rules"
        ),
        pytest.param(lambda do: do.api.patch(do.schedule(), json={"cron": "@yearly"}), id="a schedule as it is"),
        pytest.param(lambda do: do.api.post(f"{do.schedule()}/resume"), id="what is not paused"),
        pytest.param(lambda do: do.api.delete("/api/schedules/nothing"), id="no schedule"),
        pytest.param(lambda do: do.api.post("/api/workers/nobody/drain"), id="no worker"),
        pytest.param(lambda do: do.api.delete("/api/tokens/nobody"), id="no token"),
        pytest.param(lambda do: do.api.delete("/api/tokens/QUEUECTL_TOKEN"), id="the last admin"),
        pytest.param(lambda do: do.api.post("/api/session", json={"token": "wrong"}), id="a wrong token"),
        pytest.param(lambda do: do.api.delete("/api/session"), id="no session to end"),
        pytest.param(lambda do: do.api.post("/api/restore", content=b"x", headers=TAR), id="no backup"),
    ],
)
def test_what_was_refused_or_changed_nothing_leaves_none(doer: Doer, do: Change) -> None:
    assert doer.told_of(do)[1] == []


def test_what_was_done_already_leaves_none_again(doer: Doer) -> None:
    for path in (
        f"/api/jobs/{claimed(doer.store).job_id}/cancel",
        f"/api/workers/{register(doer.store, unique())}/drain",
    ):
        told = [doer.told_of(lambda doer: doer.api.post(path))[1] for _ in range(3)]  # noqa: B023  # called at once
        assert [len(lines) for lines in told] == [1, 0, 0]


# What a line says


def test_an_edit_names_the_fields_but_not_what_is_in_them(doer: Doer) -> None:
    job = doer.job()
    doer.api.patch(job, json={"env": {"WORD": "hush"}, "command": "mysql -phush", "timeout": 5}).raise_for_status()
    [line] = doer.lines(limit=1)
    assert (line["subject"], line["detail"]) == (job.rpartition("/")[2], "command, env, timeout")


def test_a_setting_is_told_with_its_old_and_new_value(doer: Doer) -> None:
    doer.api.put("/api/config/backoff-base", json={"value": 2.5}).raise_for_status()
    doer.api.put("/api/config/backoff-base", json={"value": 123456789 % 1000}).raise_for_status()
    assert doer.lines(limit=1)[0]["detail"] == "from 2.5 to 789"
    assert doer.api.delete("/api/config/backoff-base").raise_for_status().json()["value"] == 2
    assert doer.lines(limit=1)[0]["detail"] == "from 789 to its default, 2"


def test_a_job_that_is_run_again_is_told_as_a_new_one_like_the_old(doer: Doer) -> None:
    old = doer.job()
    new = doer.api.post(f"{old}/rerun").json()["id"]
    [line] = doer.lines(job=new)
    assert (line["action"], line["subject"], line["detail"]) == ("rerun", new, f"like {old.rpartition('/')[2]}")


def test_a_list_of_commands_is_told_with_its_beginning(doer: Doer) -> None:
    def line(value: object) -> object:
        doer.api.put("/api/config/default-commands", json={"value": value}).raise_for_status()
        return doer.lines(limit=1)[0]["detail"]

    assert line(["true", "*"]) == 'from null to ["true", "*"]'
    long = line(["*", *["x" * 1000] * 99])
    assert isinstance(long, str)
    assert long.startswith('from ["true", "*"] to ["*", "xxx')
    assert long.endswith("xxx… (100 commands)")
    assert len(long) < 600
    assert str(line(None)).endswith("xxx… (100 commands) to null")


def test_a_queue_is_told_with_what_was_set(doer: Doer) -> None:
    name = unique()
    doer.api.patch(f"/api/queues/{name}", json={"paused": True, "concurrency_limit": 2}).raise_for_status()
    [line] = doer.lines(limit=1)
    assert (line["subject"], line["detail"], line["jobs"]) == (name, '{"paused":true,"concurrency_limit":2}', 0)


def test_a_new_token_is_told_with_its_role_and_end_but_no_secret(doer: Doer) -> None:
    name, headers = created(doer.api, "operator", expires_in=3600)
    [line] = doer.lines(limit=1)
    assert line["subject"] == name
    assert line["detail"].startswith("operator, until 2")
    assert headers["Authorization"].split()[1] not in str(line)


def test_bulk_actions_leave_a_line_a_job_and_a_batch_one_for_all(doer: Doer) -> None:
    queue = unique()
    batch = [{"command": "true", "queue": queue} for _ in range(1100)]
    ids = doer.api.post("/api/jobs/batch", json=batch).raise_for_status().json()["ids"]
    cancel = {"action": "cancel", "filter": {"queue": queue}}
    first = doer.api.post("/api/jobs/bulk", json=cancel).json()
    assert first["changed"] == 500
    lines = doer.lines(limit=500)
    assert [line["subject"] for line in lines] == ids[499::-1]
    assert [(line["action"], line["subject"], line["jobs"]) for line in doer.lines(job=ids[3])] == [
        ("cancel", ids[3], 1),
        ("enqueue", None, 1100),
    ]
    assert [line["action"] for line in doer.lines(job=ids[777])] == ["enqueue"]


# Reading


def test_it_is_read_page_by_page_by_job_and_by_token(doer: Doer) -> None:
    name, headers = created(doer.api, "operator")
    job_id = unique()
    doer.api.post("/api/jobs", json={"id": job_id, "command": "true"}, headers=headers).raise_for_status()
    for _ in range(2):
        doer.api.post(f"/api/jobs/{job_id}/cancel", headers=headers).raise_for_status()
        doer.api.post(f"/api/jobs/{job_id}/retry").raise_for_status()
    doer.api.delete(f"/api/jobs/{job_id}").raise_for_status()
    found, query = [], httpx.QueryParams(job=job_id, limit=2)
    while True:
        page = doer.api.get("/api/audit", params=query).json()
        found += page["items"]
        if page["next_cursor"] is None:
            break
        query = query.set("cursor", page["next_cursor"])
    assert [line["action"] for line in found] == ["delete", "retry", "cancel", "retry", "cancel", "enqueue"]
    assert [line["action"] for line in doer.lines(actor=name)] == ["cancel", "cancel", "enqueue"]
    assert [line["action"] for line in doer.lines(actor="QUEUECTL_TOKEN", job=job_id)] == ["delete", "retry", "retry"]


@pytest.mark.parametrize(
    "query", [{"cursor": "x"}, {"limit": 0}, {"limit": 501}, {"action": "edit"}, {"job": "x" * 129}]
)
def test_a_bad_question_is_refused(doer: Doer, query: dict[str, str]) -> None:
    assert doer.api.get("/api/audit", params=query).status_code == 422


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_of_it_can_be_changed(doer: Doer, method: str) -> None:
    before = doer.lines()
    assert doer.api.request(method, "/api/audit", json={}).status_code == 405
    assert doer.api.request(method, "/api/audit/1", json={}).status_code == 404
    assert doer.lines() == before


# What is kept


def test_what_is_older_than_it_is_to_be_kept_is_dropped(tmp_path: Path) -> None:
    migrate(tmp_path)
    now, day = time.time(), 86_400
    with closing(sqlite3.connect(tmp_path / "queue.db", isolation_level=None)) as connection:
        connection.executemany(
            "INSERT INTO audit (at, actor, role, address, action, jobs) VALUES (?, ?, 'admin', '', 'backup', 0)",
            [*[(now - 1.1 * day, "old")] * 2500, *[(now - 0.9 * day, "young")] * 3],
        )
        connection.execute("INSERT INTO token (name, hash, role, created_at, created_by) VALUES ('t', 'h', '', 0, '')")
        connection.executemany(
            "INSERT INTO session (hash, token, created_at, expires_at) VALUES (?, 't', 0, ?)",
            [("over", now - 1), ("lasts", now + day)],
        )
        with running_api(tmp_path, audit_days=1):
            kept = "SELECT count(*) FROM audit WHERE actor = "
            eventually(lambda: connection.execute(f"{kept} 'old'").fetchone() == (0,))
            assert connection.execute(f"{kept} 'young'").fetchone() == (3,)
            eventually(lambda: connection.execute("SELECT hash FROM session").fetchall() == [("lasts",)])


@pytest.mark.parametrize("days", ["0", "-1", "36501", "nan", "long"])
def test_for_how_long_it_is_kept_has_bounds(tmp_path: Path, days: str) -> None:
    with program("queuectl-api", tmp_path / "log", data_dir=tmp_path, audit_days=days) as api:
        assert api.wait(30) == 1
    assert f"QUEUECTL_AUDIT_DAYS={days}: " in (tmp_path / "log").read_text()
