"""The access log, where it is on."""

import json
import re
from pathlib import Path

import httpx

from queuectl_core.model.token import new_secret
from tests.core.test_log_lines import TEXT
from tests.running import migrate, running_api
from tests.signed_in import TOKEN, client


def after_its_end(data_dir: Path) -> list[str]:
    """The lines of the log; a request is logged after its answer, so a test reads them when the API has ended."""
    return (data_dir / "api.log").read_text().splitlines()


def test_each_request_is_a_line(tmp_path: Path) -> None:
    migrate(tmp_path)
    with running_api(tmp_path, access_log=True, api_processes=1, log_level="error") as url, client(url) as api:
        named = {"X-Request-Id": "mine"}
        job_id = api.post("/api/jobs", json={"command": "true", "env": {"A": "of the command"}}).json()["id"]
        api.get("/api/jobs", params={"q": "looked-for"}, headers=named)
        api.head("/api/events", headers=named)
        httpx.get(f"{url}/api/status", headers=named)
        api.delete(f"/api/jobs/{job_id}%0aFORGED", headers=named)
        with api.stream("GET", f"/api/logs/{job_id}?follow=true", headers=named):
            pass
    lines = [line for line in after_its_end(tmp_path) if "queuectl.access" in line and "readyz" not in line]
    assert all(map(TEXT.fullmatch, lines))
    told = [re.sub(r"\d+\.\d+ ", "MS ", line.partition("]: ")[2]) for line in lines]
    assert re.fullmatch(r"POST /api/jobs 201 MS QUEUECTL_TOKEN \(request \w+\)", told.pop(0))
    assert told == [
        "GET /api/jobs 200 MS QUEUECTL_TOKEN (request mine)",
        "HEAD /api/events 200 MS QUEUECTL_TOKEN (request mine)",
        "GET /api/status 401 MS - (request mine)",
        f"DELETE /api/jobs/{job_id}%0aFORGED 404 MS QUEUECTL_TOKEN (request mine)",
        f"GET /api/logs/{job_id} 200 MS QUEUECTL_TOKEN (request mine)",
    ]
    for secret in (TOKEN, "looked-for", "of the command"):
        assert all(secret not in line for line in after_its_end(tmp_path))


def test_in_json_it_has_fields(tmp_path: Path) -> None:
    migrate(tmp_path)
    with running_api(tmp_path, access_log=True, log_format="json") as url, client(url) as api:
        api.get("/api/queues/x/y", headers={"X-Request-Id": "mine"})
        api.get(f"/api/jobs/{new_secret()}", headers={"X-Request-Id": "other"})
    lines = {line.get("request_id"): line for line in map(json.loads, after_its_end(tmp_path))}
    line = lines["mine"]
    asked = {name: line[name] for name in ("logger", "method", "path", "status", "token")}
    assert asked == {
        "logger": "queuectl.access",
        "method": "GET",
        "path": "/api/queues/x/y",
        "status": 404,
        "token": "-",
    }
    assert line["duration_ms"] >= 0
    assert lines["other"]["path"] == "/api/jobs/***"


def test_otherwise_there_is_none(tmp_path: Path) -> None:
    migrate(tmp_path)
    with running_api(tmp_path) as url, client(url) as api:
        assert api.get("/api/jobs").status_code == 200
    assert all("/api/jobs" not in line for line in after_its_end(tmp_path))
