"""Ids that a batch generates: ULIDs that count up from the first one, which determines all others."""

import secrets
import time
from itertools import product

from ulid import ULID, base32

_LAST_SIGNS = [first + second for first, second in product(base32.ENCODE, repeat=2)]
"""The last two of 26 characters: the only difference between 1024 consecutive ids."""


def new_first_id() -> str:
    """A first id with room for any number of ids after it.

    Not ULID(): within a millisecond it counts up from the previous id, so the ids of two batches would overlap.
    """
    # 79 of 80 random bits, so that counting up never carries over into the time.
    random_bits = secrets.randbits(79) // len(_LAST_SIGNS) * len(_LAST_SIGNS)
    return str(ULID.from_bytes((int(time.time() * 1000) << 80 | random_bits).to_bytes(16)))


def ids_from(first_id: str, begin: int, count: int) -> list[str]:
    """`count` ids, starting with number `begin`, in ascending order."""
    first, step, end = int.from_bytes(bytes(ULID.from_str(first_id))), len(_LAST_SIGNS), begin + count
    ids: list[str] = []
    for number in range(begin - begin % step, end, step):
        start = str(ULID.from_bytes((first + number).to_bytes(16)))[:-2]
        ids += [start + signs for signs in _LAST_SIGNS[max(begin - number, 0) : end - number]]
    return ids
