"""The options of a job: declared once, and taken by every command that creates or changes one."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from queuectl_cli.app import program
from queuectl_cli.client import Client
from queuectl_cli.credentials import Credentials
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.job_options import JobOptions

NAMES = [field.name for field in dataclasses.fields(JobOptions)]
ELSEWHERE = Client(Credentials("http://127.0.0.1:9"))


def options(command: str) -> dict[str, Any]:
    """A command's visible options by name."""
    found = program()
    for word in command.split():
        found = found.commands[word]
    params = found.params
    return {param.name: param for param in params if param.param_type_name == "option" and not param.hidden}


@pytest.mark.parametrize(
    ("command", "without"),
    [
        ("enqueue", ()),
        ("run", ()),
        ("edit", ("id", "unique", "unique_for", "on_conflict")),
        ("schedule add", ("id", "delay", "at")),
        ("schedule edit", ("id", "delay", "at")),
    ],
)
def test_a_command_takes_all_of_them_in_the_same_order(command: str, without: tuple[str, ...]) -> None:
    names = [name for name in NAMES if name not in without]
    found = options(command)
    assert [name for name in found if name in names] == names
    for name in names:
        assert found[name].opts[0] == f"--{name.replace('_', '-')}"
        assert found[name].help


def test_the_default_of_a_command_is_its_own() -> None:
    assert options("run")["max_retries"].default == 0
    assert options("enqueue")["max_retries"].default is None


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, {}),
        ({"queue": "media", "priority": 0, "sandbox": False}, {"queue": "media", "priority": 0, "sandbox": False}),
        ({"delay": "1h30m", "timeout": "90", "backoff_base": "2"}, {"delay": 5400, "timeout": 90, "backoff_base": 2}),
        ({"tag": ["a", "b"]}, {"tags": ["a", "b"]}),
        ({"tag": [], "env": [], "env_file": [], "limit": []}, {}),
        ({"env": ["A=1"]}, {"env": {"A": "1"}}),
        ({"limit": ["memory=1k", "cpu=1m"]}, {"limits": {"memory": 1024, "cpu": 60}}),
        ({"cwd": "/srv"}, {"cwd": "/srv"}),
    ],
)
def test_they_become_fields_of_the_jobs_json(given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert JobOptions(**given).to_json(ELSEWHERE) == fields


def test_a_time_becomes_the_field_run_at() -> None:
    found = JobOptions(at="2026-01-31T09:30:00Z").to_json(ELSEWHERE)
    assert {name: datetime.fromisoformat(text) for name, text in found.items()} == {
        "run_at": datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    }


def test_a_wrong_value_is_refused_with_the_options_name() -> None:
    with pytest.raises(Failure, match="--backoff-base 'soon': must be a duration like 90") as failure:
        JobOptions(backoff_base="soon").to_json(ELSEWHERE)
    assert failure.value.status == USAGE
