"""The OpenAPI document is one that other people's tools can use."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module, invalidate_caches
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests import openapi
from tests.running import BIN, migrate, running_api
from tests.signed_in import TOKEN

PROBLEM = "application/problem+json"
GENERATOR = BIN.parent / "generator/bin/openapi-python-client"
# The generator knows no tar, and takes a problem for JSON when it is told to.
CONFIG = f"""
package_name_override: generated_queuectl
content_type_overrides: {{application/x-tar: application/octet-stream, {PROBLEM}: application/json}}
post_hooks: []
"""

document: dict[str, Any] = openapi.document()


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_it_is_valid() -> None:
    from openapi_spec_validator import validate  # takes seconds, and each process of a run collects these tests

    validate(document)


def test_every_refusal_is_a_problem() -> None:
    contents = {
        (name, status): list(response["content"])
        for name, operation in operations()
        for status, response in operation["responses"].items()
        if status >= "400"
    }
    assert {key: content for key, content in contents.items() if content != [PROBLEM]} == {}


def test_every_body_is_described() -> None:
    bodies = {
        (name, kind): content["schema"]
        for name, operation in operations()
        for kind, content in [
            *operation.get("requestBody", {}).get("content", {}).items(),
            *(each for response in operation["responses"].values() for each in response.get("content", {}).items()),
        ]
    }
    assert {key for key, schema in bodies.items() if not schema} <= {("get /api/openapi.json", "application/json")}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Python client made from the document can be imported as `generated_queuectl`."""
    directory = tmp_path_factory.mktemp("client")
    (directory / "config.yml").write_text(CONFIG)
    path = BIN.parent.parent / "frontend/openapi.json"
    made = subprocess.run(
        [GENERATOR, "generate", "--path", path, "--config", "config.yml", "--meta", "none"],
        cwd=directory, capture_output=True, text=True,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    assert "Endpoint will not be generated" not in made.stdout + made.stderr
    sys.path.insert(0, str(directory))
    invalidate_caches()
    yield
    sys.path.remove(str(directory))


def ask(operation: str, *path: str, **more: Any) -> Any:
    """What an operation of the generated client gives back, by its module, as in `jobs.list_jobs`."""
    return import_module(f"generated_queuectl.api.{operation}").sync(*path, **more)


def test_a_client_generated_from_it_makes_a_tour(generated: None, tmp_path: Path) -> None:
    models, types = import_module("generated_queuectl.models"), import_module("generated_queuectl.types")
    migrate(tmp_path)
    with (
        running_api(tmp_path, api_processes=1) as url,
        import_module("generated_queuectl").AuthenticatedClient(base_url=url, token=TOKEN) as client,
    ):
        job = ask("jobs.enqueue_job", client=client, body=models.NewJob(command="true", id="a", delay=3600))
        assert (job.id, job.state, type(job.next_run_at)) == ("a", models.State.PENDING, datetime)
        many = ask("jobs.enqueue_batch", client=client, body=[models.NewJob(command="true") for _ in range(3)])
        assert many.count == len(many.ids) == 3
        listed = ask("jobs.list_jobs", client=client, limit=2)
        assert (len(listed.items), listed.next_cursor is None) == (2, False)
        refused = ask("jobs.enqueue_job", client=client, body=models.NewJob(command="", id="b"))
        assert (type(refused), refused.errors[0].field) == (models.Problem, "command")
        taken = ask("jobs.enqueue_job", client=client, body=models.NewJob(command="true", id="a"))
        assert (type(taken), taken.status) == (models.Problem, 409)
        assert ask("jobs.show_job", "a", client=client).waiting_for.reason == "scheduled"
        assert ask("jobs.cancel_job", "a", client=client).state == "cancelled"
        assert ask("jobs.retry_job", "a", client=client).state == "pending"
        assert ask("system.show_status", client=client).jobs.pending == 4
        assert [queue.name for queue in ask("queues.list_queues", client=client).items] == ["default"]
        assert ask("config.list_config", client=client).items
        assert ask("health.readyz", client=client).status == "ready"
        backup = ask("backup.take_backup", client=client).payload.read()
        ask("jobs.delete_job", "a", client=client)
        restored = ask("backup.restore_backup", client=client, body=types.File(payload=BytesIO(backup)))
        assert restored.jobs == 4
        assert ask("jobs.show_job", "a", client=client).command == "true"
