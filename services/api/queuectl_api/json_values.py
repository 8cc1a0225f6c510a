"""How many values a JSON text holds, counted before it is parsed.

To parse and refuse a megabyte of unknown fields takes seconds, in which a process answers nobody; to count them takes
milliseconds.
"""

import re

MOST_VALUES = 1000
"""Fields and items together. A bulk action needs the most: 500 ids."""

_SHORTEST = 2
"""Bytes of a value and its comma."""

_STRING = re.compile(rb'"[^"]*+"?+')


def too_many(text: bytes) -> bool:
    """Whether a JSON text, which need not be valid, holds more than MOST_VALUES values."""
    if len(text) <= _SHORTEST * MOST_VALUES:
        return False
    without_escapes = text.replace(rb"\\", b"").replace(rb"\"", b"")
    bare, strings = _STRING.subn(b"", without_escapes, 2 * MOST_VALUES)
    return strings == 2 * MOST_VALUES or sum(map(bare.count, (b",", b"[", b"{"))) > MOST_VALUES
