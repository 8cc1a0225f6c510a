"""Jobs that are given as JSON objects."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from queuectl_cli.failure import USAGE, Failure


def objects(text: str, name: str) -> Iterator[dict[str, Any]]:
    """Consecutive JSON objects, as `jq '.[]'` prints them. `name`: of the text, for messages. Raises Failure."""

    def without_duplicates(fields: list[tuple[str, Any]]) -> dict[str, Any]:
        """The object with these fields. By default, the decoder would silently keep the last of two."""
        found = dict(fields)
        if len(found) < len(fields):
            [(field, _)] = Counter(field for field, _ in fields).most_common(1)
            raise Failure(f"{name}: {field!r} is given twice", USAGE)
        return found

    position, decoder = 0, json.JSONDecoder(object_pairs_hook=without_duplicates)
    while position < len(text):
        try:
            found, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as fault:
            raise Failure(f"{name} is not valid JSON: {fault}{_json_hint(text, name)}", USAGE) from fault
        if not isinstance(found, dict):
            raise Failure(f'{name} must contain JSON objects like {{"command": "echo hello"}}', USAGE)
        yield found
        while position < len(text) and text[position].isspace():
            position += 1


def object_of(text: str, name: str) -> dict[str, Any]:
    """The only object in the text. `name`: of the text, for messages. Raises Failure."""
    found = list(objects(text.strip(), name))
    if len(found) != 1:
        raise Failure(f'{name} must be a JSON object like {{"command": "echo hello"}}', USAGE)
    return found[0]


def _json_hint(text: str, name: str) -> str:
    """How to enqueue text that is a command, or one command per line, instead of JSON."""
    if "argument" in name:
        return " (put a command that starts like this after --: -- sh -c COMMAND)"
    if text.lstrip().startswith(("{", "[")):
        return ""
    return " (if each line is a command: jq -Rn '{command: inputs}' FILE | queuectl enqueue -)"
