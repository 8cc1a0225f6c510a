"""/api/schedules: what users see of schedules, and what is refused with which words."""

from typing import Any

import httpx
import pytest

from tests.names import unique
from tests.running import eventually
from tests.signed_in import client
from tests.system import System

NIGHTLY = {"cron": "30 2 * * *", "timezone": "Europe/Berlin", "job": {"command": "true"}}


def created(api: httpx.Client, **fields: Any) -> str:
    """The path of a new schedule."""
    answer = api.post("/api/schedules", json=NIGHTLY | {"name": unique()} | fields)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def test_a_schedule_is_created_shown_and_listed(api: httpx.Client) -> None:
    path = created(api, job={"command": "true", "queue": "media", "env": {"A": "1"}}, jitter=60)
    shown = api.get(path).json()
    assert {key: shown[key] for key in NIGHTLY} == NIGHTLY | {
        "job": shown["job"] | {"command": "true", "queue": "media", "env": {"A": "1"}}
    }
    assert (shown["catch_up"], shown["overlap"], shown["catch_up_window"]) == ("latest", "skip", 86_400)
    assert (shown["from"], shown["until"], shown["paused"], shown["last"]) == (None, None, False, None)
    assert shown["next_scheduled_at"] <= shown["next_at"]
    following = api.get(f"{path}/next", params={"n": 3}).json()["items"]
    assert following[0]["scheduled_at"] == shown["next_scheduled_at"]
    assert len(following) == 3
    name = shown["name"]
    listed = api.get("/api/schedules", params={"limit": 500}).json()["items"]
    assert [one for one in listed if one["name"] == name] == [shown]


def test_a_schedule_is_changed_paused_resumed_and_deleted(api: httpx.Client) -> None:
    path = created(api)
    changed = api.patch(path, json={"every": 900, "job": {"priority": 5}, "overlap": "queue"}).json()
    assert (changed["cron"], changed["every"], changed["overlap"]) == (None, 900, "queue")
    assert (changed["job"]["command"], changed["job"]["priority"]) == ("true", 5)
    paused = api.post(f"{path}/pause").json()
    assert (paused["paused"], paused["next_at"]) == (True, None)
    assert api.get(f"{path}/next").json() == {"items": []}
    assert api.post(f"{path}/resume").json()["next_at"]
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == api.delete(path).status_code == 404


def test_a_run_by_hand_is_in_the_history_with_its_job(api: httpx.Client) -> None:
    path = created(api)
    ran = api.post(f"{path}/run").json()
    job = api.get(f"/api/jobs/{ran['job']}").json()
    assert (job["schedule"], job["scheduled_at"]) == (path.rpartition("/")[2], ran["scheduled_at"])
    busy = api.post(f"{path}/run")
    assert (busy.status_code, "force" in busy.json()["detail"]) == (409, True)
    forced = api.post(f"{path}/run", params={"force": "true"}).json()
    history = api.get(f"{path}/history").json()
    assert history == {"items": [forced, ran], "next_cursor": None}
    first = api.get(f"{path}/history", params={"limit": 1}).json()
    rest = api.get(f"{path}/history", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert (first["items"], rest) == ([forced], {"items": [ran], "next_cursor": None})
    assert api.get(path).json()["last"] == forced


def test_a_run_repeated_with_its_key_runs_once(api: httpx.Client) -> None:
    path = created(api, overlap="allow")
    answers = [api.post(f"{path}/run", headers={"Idempotency-Key": "again"}).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(api.get(f"{path}/history").json()["items"]) == 1


def test_times_of_the_past_are_backfilled(api: httpx.Client) -> None:
    path = created(api)
    days = {"from": "2026-01-01T00:00:00Z", "until": "2026-01-04T00:00:00Z"}
    assert api.post(f"{path}/backfill", json=days).json() == {"count": 3}
    assert api.post(f"{path}/backfill", json=days).json() == {"count": 0}
    history = api.get(f"{path}/history").json()["items"]
    assert [one["scheduled_at"] for one in history][-1] == "2026-01-01T01:30:00.000Z"


def test_it_fires_by_itself(api: httpx.Client) -> None:
    path = created(api, cron=None, every=1, overlap="allow", timezone="UTC")
    fires = eventually(lambda: (found := api.get(f"{path}/history").json()["items"])[1:] and found)
    assert api.get(f"/api/jobs/{fires[-1]['job']}").json()["scheduled_at"] == fires[-1]["scheduled_at"]
    api.delete(path)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"cron": "61 2 * * *"}, "cron", "invalid minute '61': use 0 to 59"),
        ({"cron": "0 24 * * *"}, "cron", "invalid hour '24': use 0 to 23"),
        ({"cron": "0 0 32 * *"}, "cron", "invalid day of the month '32'"),
        ({"cron": "0 0 * 13 *"}, "cron", "invalid month '13'"),
        ({"cron": "0 0 * * 8"}, "cron", "invalid day of the week '8'"),
        ({"cron": "0 0 30 2 *"}, "cron", "none of its months has such a day"),
        ({"cron": "*/5 * * * * *"}, "cron", "six fields, and seconds are not supported: use every"),
        ({"cron": "* * *"}, "cron", "must have five fields"),
        ({"cron": "@reboot"}, "cron", "the aliases are @yearly"),
        ({"cron": "@every 5m"}, "cron", "for intervals, use every"),
        ({"timezone": "Europe/Berlim"}, "timezone", "did you mean 'Europe/Berlin'?"),
        ({"timezone": "../../etc/passwd"}, "timezone", "is no time zone"),
        ({"cron": None, "every": 0}, "every", "greater than or equal to 1"),
        ({"every": 5}, "every", "give one of cron and every"),
        ({"cron": None}, "every", "give one of cron and every"),
        ({"from": "2030-01-02T00:00:00Z", "until": "2030-01-01T00:00:00Z"}, "until", "must be later than from"),
        ({"until": "2020-01-01T00:00:00Z"}, "until", "no time is to come"),
        ({"job": {"command": ""}}, "job.command", "must not be empty"),
        ({"job": {"command": "true", "run_at": "2030-01-01T00:00:00Z"}}, "job.run_at", "unknown field"),
        ({"overlap": "never"}, "overlap", "'skip', 'queue', 'allow' or 'replace'"),
    ],
)
def test_what_is_wrong_is_told_with_its_field_and_the_way_out(
    api: httpx.Client, fields: dict[str, Any], field: str, words: str
) -> None:
    name = unique()
    answer = api.post("/api/schedules", json=NIGHTLY | {"name": name} | fields)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert words in error["message"]
    assert api.get(f"/api/schedules/{name}").status_code == 404
    path = created(api)
    if "job" not in fields:
        before = api.get(path).json()
        changed = api.patch(path, json=fields)
        if fields not in ({"every": 5}, {"cron": None, "every": 0}):
            assert changed.status_code == 422
            assert api.get(path).json() == before


def test_a_name_that_is_taken_is_refused(api: httpx.Client) -> None:
    path = created(api)
    answer = api.post("/api/schedules", json=NIGHTLY | {"name": path.rpartition("/")[2], "cron": "@daily"})
    assert (answer.status_code, "exists already" in answer.json()["detail"]) == (409, True)
    assert api.get(path).json()["cron"] == "30 2 * * *"


def test_schedules_and_their_fires_are_counted(api: httpx.Client) -> None:
    api.post(f"{created(api)}/run")
    api.post(f"{created(api)}/pause")
    metrics = api.get("/metrics").text
    assert 'queuectl_schedules{state="active"}' in metrics
    assert 'queuectl_schedules{state="paused"}' in metrics
    assert 'queuectl_schedule_fires_total{outcome="enqueued"}' in metrics


def test_a_command_sees_its_time(system: System) -> None:
    with client(system.url) as api:
        path = created(api, job={"command": "echo $QUEUECTL_SCHEDULED_AT"})
        ran = api.post(f"{path}/run").json()
        system.in_state(ran["job"], "completed")
        assert system.log(ran["job"]) == ran["scheduled_at"] + "\n"


def test_views_are_told(api: httpx.Client) -> None:
    with api.stream("GET", "/api/events") as events:
        lines = events.iter_lines()
        next(lines)
        created(api)
        assert any(line == "event: schedules" for line in lines)
