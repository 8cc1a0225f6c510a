"""A JSON array of any length, parsed as it is read."""

import json
import re
from collections.abc import Iterator
from io import TextIOWrapper
from typing import IO, Any

from queuectl_api.json_values import MOST_VALUES, too_many
from queuectl_core.new_job import JOB_BYTES

PIECE = 1 << 16
LONGEST_WORD = 16
"""Characters that only count together: `-Infinity`, a surrogate pair as \\ud83d\\ude00."""

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


class NotAnArray(ValueError):
    """It begins with something else."""


def items(file: IO[bytes]) -> Iterator[Any]:
    """Each item in turn; hardly more than one of them is held.

    Raises NotAnArray, and ValueError where it is not valid JSON in UTF-8, or beyond what is parsed: numbers of
    thousands of digits, nested a thousand deep, longer than JOB_BYTES, or of more than MOST_VALUES.
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
    """What was read and is not used yet: `_held`, from `_at` on."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = TextIOWrapper(file, "utf-8")
        self._held = ""
        self._at = 0

    def next(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            self._at = _end_of_space(self._held, self._at)
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def skip(self) -> None:
        """Go past that character."""
        self._at += 1

    def item(self) -> Any:
        """The JSON value that comes next."""
        self.next()
        while True:
            try:
                item, end = _DECODER.raw_decode(self._held, self._at)
            except json.JSONDecodeError as fault:
                if not self._ends_too_early(fault):
                    raise ValueError(fault.msg) from fault
                self._bound(len(self._held))  # all that is held belongs to this item
                if not self._more():
                    raise ValueError(fault.msg) from fault
            except ValueError as fault:
                raise ValueError("it holds a number of too many digits") from fault
            except RecursionError as fault:
                raise ValueError("it is nested too deeply") from fault
            else:
                if end < len(self._held) or not self._more():  # a number may go on in the next piece
                    self._bound(end)
                    self._at = end
                    return item

    def _ends_too_early(self, fault: json.JSONDecodeError) -> bool:
        """Whether the rest of the item may be in the next piece."""
        return fault.pos > len(self._held) - LONGEST_WORD or fault.msg.startswith("Unterminated string")

    def _bound(self, end: int) -> None:
        """Of an item that is begun: raises ValueError before it is tried again, as that takes long."""
        if too_many(self._held[self._at : end].encode()):
            raise ValueError(f"it holds more than {MOST_VALUES} fields and items")

    def _more(self) -> bool:
        rest = self._held[self._at :]
        if len(rest) > JOB_BYTES:
            raise ValueError(f"it is longer than {JOB_BYTES} characters")
        # As much again as is held, so that an item is begun a few times only, however long it is.
        piece = self._file.read(max(PIECE, len(rest)))
        self._held, self._at = rest + piece, 0
        return bool(piece)


def _end_of_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start
