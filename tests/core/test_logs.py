"""Output files: where, how much, and the last lines of them."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queuectl_core import logs as logs_module
from queuectl_core.logs import Logs, Piece


def written(directory: Path, content: bytes) -> Logs:
    logs = Logs(directory)
    logs.path(7, 1).unlink(missing_ok=True)
    descriptor = logs.create(7, 1)
    os.write(descriptor, content)
    os.close(descriptor)
    return logs


def test_there_is_no_output_before_there_is_any(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    assert (logs.kept(1, 1), logs.read(1, 1).content, logs.tail_offset(1, 1, 5)) == (0, b"", 0)


def test_output_is_read_from_any_place(tmp_path: Path) -> None:
    logs = written(tmp_path, b"0123456789")
    assert logs.read(7, 1, offset=4) == Piece(b"456789", 4, 10)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.lists(st.sampled_from([b"a", b"\n", b"bc"])).map(b"".join), lines=st.integers(0, 8))
def test_the_tail_is_the_last_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, lines: int
) -> None:
    monkeypatch.setattr(logs_module, "CHUNK", 3)  # so that lines cross the borders of chunks
    logs = written(tmp_path, content)
    expected = b"".join(content.splitlines(keepends=True)[-lines:]) if lines else b""
    assert content[logs.tail_offset(7, 1, lines) :] == expected


def test_deleting_removes_every_attempt_and_minds_no_gap(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    for attempt in (1, 3):
        os.close(logs.create(7, attempt))
    logs.delete(7, 3)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_sweep_removes_what_belongs_to_no_job(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    for seq, attempt in [(1, 1), (1, 2), (2, 1), (2500, 1)]:
        os.close(logs.create(seq, attempt))
    (tmp_path / "000000" / "of-somebody-else").touch()
    assert logs.sweep(lambda seqs: {1} & set(seqs)) == 2
    left = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["1-1.log", "1-2.log", "of-somebody-else"]


def test_an_attempt_begins_with_an_empty_log(tmp_path: Path) -> None:
    logs = written(tmp_path, b"of a claim that a power cut has undone")
    os.close(logs.create(7, 1))
    assert logs.read(7, 1).content == b""
