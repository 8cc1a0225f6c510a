"""What every log store does, whatever it writes to."""

from contextlib import closing
from pathlib import Path

import pytest

from queuectl_core.logs.piece import Piece
from queuectl_core.logs.store import GROUP, LogStore
from tests.logs.conftest import MakeStore
from tests.output import read_output, write_output

NUMBERED = b"".join(b"%07d\n" % number for number in range(10_000))
NOTICE = b"\n[... %d bytes were not kept ...]\n"


def test_an_attempt_without_a_log_reads_as_empty(store: LogStore) -> None:
    assert (store.size(1, 1), store.read(1, 1), store.read(1, 1, 9)) == (0, Piece(b"", 0, 0), Piece(b"", 9, 9))
    assert store.tail_offset(1, 1, 5) == 0


def test_output_is_read_from_any_position(store: LogStore) -> None:
    write_output(store, 7, 1, b"0123456789")
    assert store.read(7, 1, offset=4) == Piece(b"456789", 4, 10)
    assert store.read(7, 1, offset=10) == Piece(b"", 10, 10)
    assert store.size(7, 1) == 10


def test_attempts_and_jobs_have_logs_of_their_own(store: LogStore) -> None:
    keys = [(1, 1), (1, 2), (11, 1), (GROUP + 1, 1)]
    for key in keys:
        write_output(store, *key, b"%d-%d" % key)
    assert [read_output(store, *key) for key in keys] == [b"%d-%d" % key for key in keys]


def test_others_read_a_log_while_it_is_written(make_store: MakeStore) -> None:
    writer, reader = make_store().writer(7, 1, 10_000), make_store()
    for count in (1, 2, 3):
        writer.write(memoryview(b"line\n"))
        assert (read_output(reader, 7, 1), writer.written) == (count * b"line\n", count * 5)
    writer.close()
    assert reader.size(7, 1) == 15


def test_the_first_and_the_last_part_are_kept_and_the_gap_is_marked(store: LogStore) -> None:
    write_output(store, 7, 1, NUMBERED, max_bytes=1000)
    missing = len(NUMBERED) - 1000
    shown = NUMBERED[:500] + NOTICE % missing + NUMBERED[-500:]
    assert read_output(store, 7, 1) == shown
    assert store.size(7, 1) == len(shown)
    assert store.read(7, 1, 500) == Piece(NOTICE % missing, 500, 500 + missing, missing)
    assert store.read(7, 1, 500 + missing) == Piece(NUMBERED[-500:], 500 + missing, len(NUMBERED))


@pytest.mark.parametrize("max_bytes", [100, 60_000, 1_000_000])
def test_the_tail_is_the_last_lines(store: LogStore, max_bytes: int) -> None:
    write_output(store, 7, 1, NUMBERED, max_bytes=max_bytes)
    assert NUMBERED[store.tail_offset(7, 1, 3) :] == b"0009997\n0009998\n0009999\n"
    assert store.tail_offset(7, 1, 0) == len(NUMBERED)
    assert store.tail_offset(7, 1, 1_000_000) == 0


@pytest.mark.parametrize("max_bytes", [100, 1000, 1_000_000])
@pytest.mark.parametrize("written", [30, 500, 5000])
def test_another_writer_goes_on_where_the_first_one_stopped(
    make_store: MakeStore, max_bytes: int, written: int
) -> None:
    write_output(make_store(), 7, 1, NUMBERED[:written] + b"torn", max_bytes=max_bytes)
    write_output(make_store(), 7, 1, NUMBERED[written:10_000], max_bytes=max_bytes, written=written)
    whole = make_store()
    write_output(whole, 8, 1, NUMBERED[:10_000], max_bytes=max_bytes)
    assert read_output(whole, 7, 1) == read_output(whole, 8, 1)


@pytest.mark.parametrize("size", [5, 5000])
def test_an_attempt_begins_with_an_empty_log(store: LogStore, size: int) -> None:
    write_output(store, 7, 1, NUMBERED[:size], max_bytes=1000)
    write_output(store, 7, 1, b"again", max_bytes=1000)
    assert read_output(store, 7, 1) == b"again"


def test_a_writer_that_writes_nothing_leaves_no_log(store: LogStore) -> None:
    store.writer(7, 1, 1000).close()
    assert store.sweep(lambda _: set()) == 0


def test_deleting_removes_all_attempts_of_a_job_and_no_other(store: LogStore) -> None:
    for key in [(7, 1), (7, 3), (8, 1)]:
        write_output(store, *key, NUMBERED, max_bytes=1000)
    store.delete(7, 3)
    store.delete(7, 3)
    assert (store.size(7, 1), store.size(7, 3)) == (0, 0)
    assert store.size(8, 1) > 1000


def test_a_sweep_deletes_the_logs_of_jobs_that_do_not_exist(store: LogStore) -> None:
    for key in [(1, 1), (1, 2), (2, 1), (2500, 1)]:
        write_output(store, *key, b"output")
    assert store.sweep(lambda seqs: {1} & set(seqs)) == 2
    assert [store.size(*key) for key in [(1, 1), (1, 2), (2, 1), (2500, 1)]] == [6, 6, 0, 0]


def test_a_sweep_asks_for_jobs_after_it_saw_their_logs(store: LogStore) -> None:
    write_output(store, 1, 1, b"old")

    def existing(seqs: range) -> set[int]:
        write_output(store, 2, 1, b"of a job that was claimed just now")
        return {1} & set(seqs)

    assert store.sweep(existing) == 0
    assert store.size(2, 1) > 0


def test_it_can_be_written_and_has_room(store: LogStore) -> None:
    store.check_writable()
    assert store.free_bytes() > 0
    assert store.location


# Restoring


def test_staged_logs_appear_when_they_are_published(make_store: MakeStore, tmp_path: Path) -> None:
    staging, store = make_store().stage(tmp_path / "staging"), make_store()
    first = 3 * GROUP
    for seq in (first, first + 1, first + GROUP):
        staging.add(seq, 2, iter([b"output of ", b"%d" % seq]))
    staging.flush()
    assert store.size(first, 2) == 0
    staging.publish()
    assert read_output(store, first + 1, 2) == b"output of %d" % (first + 1)
    assert store.size(first + GROUP, 2) > 0


def test_of_staged_logs_that_are_not_published_nothing_is_left(make_store: MakeStore, tmp_path: Path) -> None:
    with closing(make_store().stage(tmp_path / "staging")) as staging:
        staging.add(GROUP, 1, iter([b"output"]))
    swept: list[range] = []

    def existing(group: range) -> set[int]:
        swept.append(group)
        return set()

    make_store().sweep(existing)
    assert swept == []


def test_publishing_nothing_is_fine(store: LogStore, tmp_path: Path) -> None:
    staging = store.stage(tmp_path / "staging")
    staging.flush()
    staging.publish()
    assert store.sweep(lambda _: set()) == 0


def test_all_but_the_restored_logs_and_those_of_newer_jobs_are_deleted(store: LogStore) -> None:
    for seq in (1, 2 * GROUP, 2 * GROUP + 1, 3 * GROUP, 3 * GROUP + 5, 4 * GROUP):
        write_output(store, seq, 1, NUMBERED, max_bytes=1000)
    store.delete_all_but(range(2 * GROUP, 3 * GROUP), newest=3 * GROUP)
    left = [seq for seq in range(5 * GROUP) if store.size(seq, 1)]
    assert left == [2 * GROUP, 2 * GROUP + 1, 3 * GROUP + 5, 4 * GROUP]


def test_deleting_all_but_some_of_no_logs_is_fine(store: LogStore) -> None:
    store.delete_all_but(range(GROUP), newest=0)
