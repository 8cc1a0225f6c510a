"""What the compose files set, as the engine reads them."""

import json
import subprocess
from typing import Any

import pytest

from tests.lacking import lacking
from tests.running import ROOT, clean_environment
from tests.stack.stacks import engine_answers

pytestmark = pytest.mark.containers

FILES = ["docker-compose.yml", "deploy/postgres.yml"]


def services(*files: str, **settings: object) -> dict[str, Any]:
    """The services by name, with these settings."""
    if not engine_answers():
        lacking("no container engine answers")
    given = [word for file in files or FILES[:1] for word in ("-f", file)]
    asked = ["docker", "compose", *given, "--profile", "*", "config", "--format", "json"]
    done = subprocess.run(asked, cwd=ROOT, env=clean_environment(**settings), check=True, capture_output=True)
    found: dict[str, Any] = json.loads(done.stdout)["services"]
    return found


def test_the_log_of_no_service_fills_the_disk() -> None:
    for name, service in services(*FILES).items():
        assert service["logging"]["options"]["max-size"] == "10m", name


def test_whoever_holds_connections_may_open_many_files() -> None:
    found = services()
    assert {found[name]["ulimits"]["nofile"] for name in ("api", "frontend")} == {16384}


def test_the_proxy_collects_garbage_before_it_is_killed() -> None:
    proxy = services()["frontend"]
    limit = int(proxy["environment"]["GOMEMLIMIT"].removesuffix("MiB")) << 20
    assert limit < int(proxy["mem_limit"])


@pytest.mark.parametrize("domain", [None, "queue.example.com"])
def test_ports_are_published_only_on_the_address_that_was_chosen(domain: str | None) -> None:
    found = services(listen="192.0.2.1", **({"domain": domain} if domain else {}))
    published = [port["host_ip"] for service in found.values() for port in service.get("ports", [])]
    assert len(published) >= 2
    assert {*published} == {"192.0.2.1"}
