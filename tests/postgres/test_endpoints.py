"""What monitoring and the dashboard read, on PostgreSQL."""

import subprocess
import sys
from typing import Any

from tests.postgres.host_fleet import HostFleet
from tests.running import clean_environment, eventually
from tests.signed_in import client

STREAMS = {"/api/events"}


def test_every_page_can_be_read(hosts: HostFleet) -> None:
    ended = hosts.system.enqueue("seq 1000; exit 1", max_retries=0, tags=["a-tag"])
    hosts.system.in_state(ended, "dead")
    known = {"id": ended, "key": "retention", "name": "yearly"}
    with client(hosts.other.url) as api:
        api.post("/api/schedules", json={"name": "yearly", "cron": "@yearly", "job": {"command": "true"}})
        paths: dict[str, Any] = api.get("/api/openapi.json").json()["paths"]
        answers = {
            path: api.get(path.format(**known), params=_required(methods["get"])).status_code
            for path, methods in paths.items()
            if "get" in methods and path not in STREAMS
        }
    assert answers
    assert not {path: status for path, status in answers.items() if not 200 <= status < 300}


def _required(operation: dict[str, Any]) -> dict[str, str]:
    wanted = [each for each in operation.get("parameters", ()) if each.get("required") and each["in"] == "query"]
    return {each["name"]: "a" for each in wanted}


def test_changes_made_through_one_api_are_streamed_by_the_other(hosts: HostFleet) -> None:
    with client(hosts.other.url) as api, api.stream("GET", "/api/events") as answer:
        lines = answer.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: status"
        job_id = hosts.system.enqueue("true")
        assert next(line for line in lines if job_id in line and "completed" in line)


def test_metrics_of_both_apis_agree(hosts: HostFleet) -> None:
    hosts.system.in_state(hosts.system.enqueue("true", queue="measured"), "completed")

    def measured(url: str) -> list[str]:
        with client(url) as api:
            text = api.get("/metrics").raise_for_status().text
        return [line for line in text.splitlines() if line.startswith("queuectl_jobs") and '"measured"' in line]

    assert measured(hosts.system.url)
    eventually(lambda: measured(hosts.system.url) == measured(hosts.other.url))


def test_the_system_names_the_database_without_its_password(hosts: HostFleet) -> None:
    told = hosts.system.get("/api/system")
    assert told["database"] == hosts.url.split("@")[1]
    assert told["disk_bytes"] >= told["disk_free_bytes"] > 0


def test_the_health_check_of_a_container_succeeds_while_a_worker_is_alive(hosts: HostFleet) -> None:
    for host in hosts.workers:
        settings = {"data_dir": host.data_dir, "database_url": hosts.url}
        checked = subprocess.run(
            [sys.executable, "-m", "queuectl_worker.health"],
            env=clean_environment(**settings),
            capture_output=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stderr
