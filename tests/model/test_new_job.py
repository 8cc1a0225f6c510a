"""What may be enqueued: every limit, and that the message names the field."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from queuectl_core.model.new_job import COMMAND_BYTES, NewJob


def test_an_error_that_is_logged_does_not_show_the_environment() -> None:
    for new in ({"env": {"A": "hidden"}}, {"command": "true", "env": {"A=": "hidden"}}):
        with pytest.raises(ValidationError) as refusal:
            NewJob.model_validate(new)
        assert "hidden" not in str(refusal.value)


def test_a_command_is_enough() -> None:
    job = NewJob.model_validate({"command": "echo hello"})
    assert (job.queue, job.priority, job.max_retries, job.env, job.tags) == ("default", 0, None, {}, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("command", ""),
        ("command", " \n\t"),
        ("command", "echo \0"),
        ("command", "x" * (COMMAND_BYTES + 1)),
        ("command", "é" * (COMMAND_BYTES // 2 + 1)),
        ("command", "echo \ud800"),
        ("command", 7),
        ("command", None),
        ("id", ""),
        ("id", "a/b"),
        ("id", "../../etc/passwd"),
        ("id", "x" * 10_000),
        ("id", "-leading"),
        ("id", "line\n"),
        ("queue", "no spaces"),
        ("queue", ""),
        ("priority", 1001),
        ("priority", 1.5),
        ("priority", "1"),
        ("priority", True),
        ("delay", -1),
        ("delay", math.inf),
        ("delay", math.nan),
        ("delay", "5"),
        ("run_at", "2026-01-31T09:30:00"),
        ("run_at", "tomorrow"),
        ("run_at", 1_700_000_000),
        ("run_at", "1700000000"),
        ("run_at", "9999-12-31T23:59:59-01:00"),
        ("run_at", "9999-12-31T23:59:59.999999Z"),
        ("run_at", "0001-01-01T00:00:00+01:00"),
        ("max_retries", -1),
        ("max_retries", 1001),
        ("max_retries", 2.5),
        ("backoff_base", -0.1),
        ("backoff_base", math.inf),
        ("timeout", 0),
        ("timeout", -5),
        ("timeout", math.nan),
        ("env", {"A B": "x"}),
        ("env", {"QUEUECTL_TOKEN": "x"}),
        ("env", {"A": "\0"}),
        ("env", {"A": 1}),
        ("env", {f"A{n}": "x" for n in range(101)}),
        ("cwd", "relative/path"),
        ("cwd", "/with\0nul"),
        ("description", "with\0nul"),
        ("description", "x" * 501),
        ("description", "\ud800"),
        ("lock", ""),
        ("lock", "a=1"),
        ("lock", "x" * 129),
        ("lock", {"key": "a", "limit": 0}),
        ("lock", {"limit": 2}),
        ("tags", ["no spaces"]),
        ("tags", ["x"] * 21),
        ("tags", "notalist"),
        ("tag", "unknown field"),
    ],
)
def test_bad_input_is_refused_and_the_field_named(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        NewJob.model_validate({"command": "true", field: value})
    assert {error["loc"][0] for error in refusal.value.errors()} == {field}


def test_a_delay_and_a_time_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="run_at and delay are mutually exclusive"):
        NewJob.model_validate({"command": "true", "delay": 1, "run_at": "2026-01-31T09:30:00Z"})


def test_a_time_in_any_zone_means_that_instant() -> None:
    job = NewJob.model_validate({"command": "true", "run_at": "2026-01-31T09:30:00+01:00"})
    assert job.due_at(now=0) == 1_769_848_200


@given(st.text(min_size=1, max_size=200))
def test_any_text_without_nul_is_a_command_and_comes_back_as_it_was(text: str) -> None:
    storable = text.strip(" \t\n\r\f\v") and "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
    if storable:
        assert NewJob(command=text).command == text
    else:
        with pytest.raises(ValidationError):
            NewJob(command=text)
