"""A part of an output, as a reader gets it."""

from typing import NamedTuple


class Piece(NamedTuple):
    """`content` begins at position `start`; the next piece begins at `end`.

    A position is a byte's number in everything that the attempt has printed, including bytes that were not kept.
    `missing`: the number of bytes that were not kept if `content` is the notice of a gap, otherwise 0.
    """

    content: bytes
    start: int
    end: int
    missing: int = 0


def gap(start: int, end: int) -> Piece:
    """The notice that the bytes from `start` to `end` are missing; an empty piece if there are none."""
    missing = end - start
    notice = b"\n[... %d bytes were not kept ...]\n" % missing if missing else b""
    return Piece(notice, start, end, missing)
