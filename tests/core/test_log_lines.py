"""The lines that all services log."""

import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

from queuectl_core.log_lines import JsonLines, TextLines
from queuectl_core.model.token import PREFIX, new_secret
from tests.opened import opened
from tests.running import BIN, clean_environment

TEXT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR|CRITICAL) [a-z.]+\[\d+\]: .+")


def record(text: str, *, fault: Exception | None = None) -> logging.LogRecord:
    found = (type(fault), fault, None) if fault else None
    made = logging.LogRecord("uvicorn.error", logging.WARNING, "x", 1, "said %s", (text,), found)
    made.created = 0.5
    return made


def test_a_line_tells_when_how_bad_who_and_what() -> None:
    made = record("it")
    assert TextLines().format(made) == f"1970-01-01T00:00:00.500Z WARNING uvicorn[{made.process}]: said it"
    assert json.loads(JsonLines().format(made)) == {
        "time": "1970-01-01T00:00:00.500Z",
        "level": "warning",
        "logger": "uvicorn",
        "pid": made.process,
        "message": "said it",
    }


def test_json_is_one_line_whatever_is_said() -> None:
    line = JsonLines().format(record("a\nb\x1b\u2028\x85", fault=ValueError("c\nd")))
    assert line.isprintable()
    assert json.loads(line)["message"] == "said a\nb\x1b\u2028\x85"
    assert json.loads(line)["traceback"] == "ValueError: c\nd"


@pytest.mark.parametrize("prefix", [PREFIX, ""])
@pytest.mark.parametrize("lines", [TextLines(), JsonLines()])
def test_secrets_that_are_made_here_are_not_shown(lines: logging.Formatter, prefix: str) -> None:
    secret = new_secret(prefix)
    said = lines.format(record(f"/api/{secret}/x#{secret}", fault=ValueError(f"Bearer {secret}")))
    assert secret[-43:] not in said
    assert said.count("***") == 3


def test_nor_is_the_token_that_the_environment_gives() -> None:
    says = "from queuectl_core import log_lines; log_lines.begin('info'); log_lines.log.error('a b!c*d(e-f$g] x')"
    done = subprocess.run(
        [sys.executable, "-c", says], env=clean_environment(token="b!c*d(e-f$g]"), capture_output=True, text=True
    )
    assert done.stderr.endswith("]: a *** x\n")


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_nobody_catches_is_logged_as_well(form: str) -> None:
    says = (
        "import threading, warnings; from queuectl_core import log_lines; log_lines.begin('info');"
        "warnings.warn('old'); thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join(); [][0]"
    )
    done = subprocess.run(
        [sys.executable, "-c", says], env=clean_environment(log_format=form), capture_output=True, text=True
    )
    lines = [line for line in done.stderr.splitlines() if not line.startswith("    ")]
    assert done.returncode == 1
    if form == "text":
        assert all(map(TEXT.fullmatch, lines))
        assert "    ZeroDivisionError: division by zero" in done.stderr
    else:
        warned, in_thread, at_the_end = map(json.loads, lines)
        assert "old" in warned["message"]
        assert in_thread["traceback"].endswith("ZeroDivisionError: division by zero")
        assert at_the_end["traceback"].endswith("IndexError: list index out of range")


@pytest.mark.parametrize("program", ["queuectl-migrate", "queuectl-api", "queuectl-worker"])
def test_in_json_also_the_reason_not_to_start_is_an_object(tmp_path: Path, program: str) -> None:
    environment = clean_environment(data_dir=tmp_path / "none", database_url="x", log_format="json")
    done = subprocess.run([BIN / program], env=environment, capture_output=True, text=True)
    line = json.loads(done.stderr)
    assert (done.returncode, line["level"], line["logger"]) == (1, "critical", program.replace("-", "."))
    assert line["message"].startswith("QUEUECTL_DATABASE_URL=…: must begin with sqlite:/// or postgresql://")


def test_a_format_that_there_is_not_is_refused(tmp_path: Path) -> None:
    environment = clean_environment(data_dir=tmp_path, log_format="xml")
    done = subprocess.run([BIN / "queuectl-migrate"], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "queuectl-migrate: QUEUECTL_LOG_FORMAT=xml: Input should be 'text' or 'json'\n"


@pytest.mark.parametrize("form", ["text", "json"])
def test_migrating_says_that_it_is_done(tmp_path: Path, form: str) -> None:
    environment = clean_environment(data_dir=tmp_path, log_format=form)
    done = subprocess.run([BIN / "queuectl-migrate"], env=environment, capture_output=True, text=True, check=True)
    [line] = done.stderr.splitlines()
    assert TEXT.fullmatch(line) if form == "text" else json.loads(line)["logger"] == "queuectl.migrate"
    with opened(tmp_path / "queue.db") as store:
        store.check()
