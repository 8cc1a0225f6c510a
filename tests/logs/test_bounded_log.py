"""The log of an attempt, written and read at the same time: what a reader gets is what was printed, or is marked."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queuectl_core.logs import bounded, bounded_reader
from queuectl_core.logs.files import LogFiles
from queuectl_core.logs.piece import Piece


def pieces(logs: LogFiles, offset: int = 0) -> list[Piece]:
    """All that a reader gets."""
    found = []
    while (piece := logs.read(7, 1, offset)).content:
        found.append(piece)
        offset = piece.end
    return found


def numbered(size: int) -> bytes:
    """Bytes of which each piece is unlike the others."""
    return b"".join(b"%07d\n" % number for number in range(size // 8 + 1))[:size]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(sizes=st.lists(st.integers(1, 300), max_size=12), most=st.integers(1, 400), chunk=st.integers(1, 100))
def test_the_first_and_the_last_part_are_kept_at_their_positions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: list[int], most: int, chunk: int
) -> None:
    monkeypatch.setattr(bounded_reader, "CHUNK", chunk)
    logs = LogFiles(tmp_path)
    logs.delete(7, 1)
    writer = logs.writer(7, 1, most)
    whole = numbered(sum(sizes))
    for size in sizes:
        with memoryview(whole) as view:
            assert writer.write(view[writer.written : writer.written + size]) == size
    writer.close()
    found = pieces(logs)
    assert sum(len(piece.content) for piece in found) == logs.size(7, 1)
    for piece in found:
        if not piece.missing:
            assert piece.content == whole[piece.start : piece.end]
    kept = sum(len(piece.content) for piece in found if not piece.missing)
    assert kept == min(len(whole), most)
    assert [piece.end for piece in found[-1:]] == [len(whole)] * bool(whole)
    assert sum(piece.missing for piece in found) == len(whole) - kept
    assert sum(path.stat().st_size for path in tmp_path.rglob("7-1.*")) <= most + bounded.HEADER.size


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(size=st.integers(0, 600), most=st.integers(20, 400), lines=st.integers(0, 90))
def test_the_last_lines_are_found_over_the_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, most: int, lines: int
) -> None:
    monkeypatch.setattr(bounded_reader, "CHUNK", 7)
    logs = LogFiles(tmp_path)
    logs.delete(7, 1)
    writer = logs.writer(7, 1, most)
    writer.write(memoryview(numbered(size)))
    writer.close()
    shown = b"".join(piece.content for piece in pieces(logs))
    found = b"".join(piece.content for piece in pieces(logs, logs.tail_offset(7, 1, lines)))
    assert shown.endswith(found)
    wanted = min(lines, len(shown.splitlines()))
    assert wanted <= len(found.splitlines()) <= wanted + 1, "what tells of the gap may begin with an empty line"
    assert not found or found == shown or shown[-len(found) - 1 : -len(found)] == b"\n" or found.startswith(b"\n[...")


def test_what_is_overwritten_while_somebody_reads_is_never_taken_for_what_was_asked_for(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path)
    whole = numbered(8 << 20)
    writer = logs.writer(7, 1, 200_000)

    def write() -> None:
        with memoryview(whole) as view:
            for start in range(0, len(whole), 50_000):
                writer.write(view[start : start + 50_000])

    with ThreadPoolExecutor() as threads:
        writing = threads.submit(write)
        while not writing.done():
            for piece in pieces(logs):
                assert piece.missing or piece.content == whole[piece.start : piece.end]
        writing.result()
    assert pieces(logs)[-1].end == len(whole)


def test_an_attempt_begins_with_an_empty_log(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path)
    for content in (numbered(100), b"x"):
        writer = logs.writer(7, 1, 10)
        writer.write(memoryview(content))
        writer.close()
    assert b"".join(piece.content for piece in pieces(logs)) == b"x"


def test_a_log_of_an_older_version_has_holes(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path)
    descriptor = bounded.create(f"{tmp_path}/000000/7-1")
    os.pwrite(descriptor, b"first\n" * 1000, 0)
    os.pwrite(descriptor, b"last\n" * 1000, 1 << 20)
    os.close(descriptor)
    shown = b"".join(piece.content for piece in pieces(logs))
    assert shown.startswith(b"first\n")
    assert shown.endswith(b"last\n")
    assert b"bytes were not kept" in shown
    assert len(shown) == logs.size(7, 1) < 100_000


def test_a_file_of_eight_tebibytes_of_holes_is_read_in_a_moment(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path)
    descriptor = bounded.create(f"{tmp_path}/000000/7-1")
    for gibibytes in (0, 1, 4000):
        os.pwrite(descriptor, b"line\n", gibibytes << 30)
    os.truncate(descriptor, 8 << 40)
    os.close(descriptor)
    logs.tail_offset(7, 1, 1_000_000)
    assert logs.size(7, 1) < 1 << 20
    assert pieces(logs)[-1].end == 8 << 40
