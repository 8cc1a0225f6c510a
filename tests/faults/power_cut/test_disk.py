"""What the disk that the power cuts happen to may do, and what it may not."""

from collections.abc import Sequence
from random import Random

from tests.faults.power_cut.disk import SECTOR, Disk, Fate
from tests.faults.power_cut.recording import Create, Record, Rename, Sync, SyncDirectory, Truncate, Unlink, Write

OLD = b"old" * SECTOR
NEW: list[Record] = [Create("/a", 1), Write(1, 0, OLD), Sync(1)]


def left(records: Sequence[Record], fate: Fate = Fate.CHANCE) -> list[dict[str, bytes]]:
    """What is found after many cuts."""
    disk = Disk()
    for record in records:
        disk.apply(record)
    return [disk.after_cut(["/a", "/b"], fate, Random(seed)) for seed in range(200)]


def test_whatever_was_synced_is_kept() -> None:
    assert all(found == {"/a": OLD} for fate in Fate for found in left(NEW, fate))


def test_a_later_write_is_lost_kept_or_torn_at_sectors() -> None:
    records = [*NEW, Write(1, 100, b"n" * 1000)]
    kept = OLD[:100] + b"n" * 1000 + OLD[1100:]
    contents = {found["/a"] for found in left(records)}
    assert {found["/a"] for found in left(records, Fate.LOST)} == {OLD}
    assert {found["/a"] for found in left(records, Fate.KEPT)} == {kept}
    # The write reaches into three sectors, each of which is either old or new.
    parts = [(0, SECTOR), (SECTOR, 2 * SECTOR), (2 * SECTOR, 3 * SECTOR)]
    assert len(contents) == 8
    assert all(content[a:b] in (OLD[a:b], kept[a:b]) for content in contents for a, b in parts)


def test_a_later_write_may_arrive_before_an_earlier_one() -> None:
    records = [*NEW, Truncate(1, 0), Sync(1), Write(1, 0, b"first"), Write(1, 5, b"second")]
    assert {"/a": bytes(5) + b"second"} in left(records)


def test_names_last_from_an_fsync_of_the_file_or_its_directory() -> None:
    created: list[Record] = [Create("/a", 1), Create("/b", 2)]
    assert {frozenset(found) for found in left(created)} == {frozenset(), frozenset({"/a"}), frozenset({"/a", "/b"})}
    assert {frozenset(found) for found in left([*created, Sync(1)])} == {frozenset({"/a"}), frozenset({"/a", "/b"})}
    assert {frozenset(found) for found in left([*created, SyncDirectory("/")])} == {frozenset({"/a", "/b"})}


def test_a_removed_or_renamed_file_may_come_back() -> None:
    gone, moved = [*NEW, Unlink("/a", 1)], [*NEW, Rename("/a", 1, "/b")]
    assert [name for found in left(gone) for name in found].count("/a") in range(1, 200)
    assert {tuple(found) for found in left(moved)} == {("/a",), ("/b",)}
    assert not any(left([*gone, SyncDirectory("/")]))
