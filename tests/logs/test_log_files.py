"""Logs as files: what is in the directory, and the last lines of a log."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queuectl_core.logs import bounded_reader
from queuectl_core.logs.files import LogFiles
from tests.output import write_output


def files(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.rglob("*") if path.is_file())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.lists(st.sampled_from([b"a", b"\n", b"bc"])).map(b"".join), lines=st.integers(0, 8))
def test_the_tail_is_the_last_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, lines: int
) -> None:
    monkeypatch.setattr(bounded_reader, "CHUNK", 3)  # so that lines cross the borders of chunks
    logs = LogFiles(tmp_path)
    logs.delete(7, 1)
    write_output(logs, 7, 1, content)
    expected = b"".join(content.splitlines(keepends=True)[-lines:]) if lines else b""
    assert content[logs.tail_offset(7, 1, lines) :] == expected


def test_a_log_is_named_after_job_and_attempt(tmp_path: Path) -> None:
    write_output(LogFiles(tmp_path), 12_345, 6, b"x" * 100, max_bytes=10)
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*-*")) == [
        Path("000012/12345-6.log"), Path("000012/12345-6.tail"),
    ]  # fmt: skip


def test_deleting_leaves_no_file(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path)
    for attempt in (1, 3):
        write_output(logs, 7, attempt, b"x" * 100, max_bytes=10)
    logs.delete(7, 3)
    assert files(tmp_path) == []


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path)
    write_output(logs, 1, 1, b"x" * 100, max_bytes=10)
    (tmp_path / "000000" / "of-somebody-else").touch()
    (tmp_path / "somewhere").mkdir()
    (tmp_path / "somewhere" / "1-1.log").touch()
    assert logs.sweep(lambda _: set()) == 2
    logs.delete_all_but(range(0), newest=10)
    assert files(tmp_path) == ["1-1.log", "of-somebody-else"]


def test_a_directory_that_cannot_be_used_is_not_writable(tmp_path: Path) -> None:
    (tmp_path / "logs").touch()
    with pytest.raises(OSError, match="File exists"):
        LogFiles(tmp_path / "logs").check_writable()


def test_a_message_names_the_directory(tmp_path: Path) -> None:
    assert LogFiles(tmp_path).location == str(tmp_path)
