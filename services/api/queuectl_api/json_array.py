"""A JSON array of any length, parsed as it is read."""

import json
import re
from collections.abc import Iterator
from io import TextIOWrapper
from typing import IO, Any

from queuectl_api.json_values import MOST_VALUES, too_many
from queuectl_api.repeated import once_each
from queuectl_core.model.new_job import JOB_BYTES

PIECE = 1 << 16
LONGEST_WORD = 16
"""The most characters of an indivisible token: `-Infinity`, or a surrogate pair like \\ud83d\\ude00."""

_DECODER = json.JSONDecoder(object_pairs_hook=once_each)
_SPACE = re.compile(r"[ \t\r\n]*")


class NotAnArray(ValueError):
    """It does not begin with `[`."""


def items(file: IO[bytes]) -> Iterator[Any]:
    """Each item in turn, holding little more than one of them. A BOM is skipped.

    Raises NotAnArray, Repeated, and ValueError if it is not valid JSON in UTF-8, or exceeds a limit: numbers with
    thousands of digits, a thousand levels, JOB_BYTES or MOST_VALUES per item.
    """
    text = _Text(file)
    if text.next() != "[":
        raise NotAnArray
    text.skip()
    if text.next() != "]":
        yield text.item()
        while text.next() == ",":
            text.skip()
            yield text.item()
    if text.next() != "]":
        raise ValueError("expecting ',' or ']'")
    text.skip()
    if text.next():
        raise ValueError("there is more after the array")


class _Text:
    """A file that is parsed while it is read; `_held` from `_at` on is not parsed yet."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = TextIOWrapper(file, "utf-8-sig")
        self._held = ""
        self._at = 0

    def next(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            self._at = _end_of_space(self._held, self._at)
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def skip(self) -> None:
        """Skip that character."""
        self._at += 1

    def item(self) -> Any:
        """The JSON value that comes next. Raises Repeated, ValueError."""
        self.next()
        while True:
            try:
                item, end = _DECODER.raw_decode(self._held, self._at)
            except json.JSONDecodeError as fault:
                if not self._ends_too_early(fault):
                    raise ValueError(fault.msg) from fault
                self._bound(len(self._held))  # everything held belongs to this item
                if not self._more():
                    raise ValueError(fault.msg) from fault
            except ValueError as fault:
                raise ValueError("it holds a number of too many digits") from fault
            except RecursionError as fault:
                raise ValueError("it is nested too deeply") from fault
            else:
                if end < len(self._held) or not self._more():  # a number may continue in the next piece
                    self._bound(end)
                    self._at = end
                    return item

    def _ends_too_early(self, fault: json.JSONDecodeError) -> bool:
        """Whether the next piece may complete the item."""
        return fault.pos > len(self._held) - LONGEST_WORD or fault.msg.startswith("Unterminated string")

    def _bound(self, end: int) -> None:
        """Raise ValueError if an incomplete item is too large to be parsed again, which would take long."""
        if too_many(self._held[self._at : end].encode()):
            raise ValueError(f"it holds more than {MOST_VALUES} fields and items")

    def _more(self) -> bool:
        rest = self._held[self._at :]
        if len(rest) > JOB_BYTES:
            raise ValueError(f"it is longer than {JOB_BYTES} characters")
        # Double what is held: even a long item is parsed again only a few times.
        piece = self._file.read(max(PIECE, len(rest)))
        self._held, self._at = rest + piece, 0
        return bool(piece)


def _end_of_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start
