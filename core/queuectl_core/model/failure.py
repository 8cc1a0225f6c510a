"""Failure groups: dead jobs whose command and error have the same shape belong to one group.

A shape replaces with "…" the parts that differ from job to job: paths, URLs, quoted text, and words that contain a
digit (numbers, dates, ids). Names of programs and options, exit statuses and signals remain.
"""

import re

SEPARATOR = " ⇒ "
LONGEST = 200
LOOKED_AT = 2_000
"""Only this many characters of a text determine its shape."""

_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_QUOTED_OR_CUT = re.compile(r"""'[^']*(?:'|\Z)|"[^"]*(?:"|\Z)""")
_ASSIGNED = re.compile(r"(--?[A-Za-z][\w-]*=|[A-Za-z_]\w*=)(.*)")
_FLAG = re.compile(r"(-[A-Za-z])(\d.*)")
_OPTION = re.compile(r"--?[A-Za-z][\w-]*")
_DIFFERING = re.compile(r"\b(?=\w*\d|[a-fA-F]{8,}\b)\w+")  # from a word's start only: the longest is read once
_SEVERAL = re.compile(r"…(?:[-_.:,+@]*…)+")
_COMMAND_FOLLOWS = re.compile(r"\|\|?|&&?|.*;")


def failure(command: str, error: str | None, worker: str | None) -> str:
    """The failure of a job that `worker` ran last: two shapes, each at most LONGEST long, joined by SEPARATOR."""
    without_worker = (error or "").replace(f"worker {worker} ", "worker … ")  # the error names a lost worker
    return shape(command) + SEPARATOR + shape(without_worker)


def parts(failure: str) -> tuple[str, str]:
    """The shapes of command and error in a failure."""
    command, _, error = failure.partition(SEPARATOR)
    return command, error


def shape(text: str) -> str:
    """The text without variable parts, on one line of at most LONGEST characters. Idempotent."""
    quoted = _QUOTED if len(text) <= LOOKED_AT else _QUOTED_OR_CUT
    shapes: list[str] = []
    is_program = True
    for word in quoted.sub("…", text[:LOOKED_AT].replace(SEPARATOR.strip(), "…")).split():
        assigned = _ASSIGNED.fullmatch(word)
        if assigned:
            shaped = assigned[1] + _value(assigned[2])
        elif is_program:
            shaped = _program(word)
        elif shapes[-1] in ("status", "signal") and re.fullmatch(r"\d{1,3}:?", word):
            shaped = word
        else:
            shaped = _argument(word)
        shaped = _SEVERAL.sub("…", shaped) if len(shaped) <= LONGEST - len(" …") else "…"
        is_program = (is_program and bool(assigned)) or bool(_COMMAND_FOLLOWS.fullmatch(shaped))
        shapes.append(shaped)
    return _cut(shapes)


def _program(word: str) -> str:
    name = word.rpartition("/")[2]
    return "…" if not name or _ASSIGNED.fullmatch(name) else name


def _argument(word: str) -> str:
    if flag := _FLAG.fullmatch(word):
        return flag[1] + _value(flag[2])
    return word if _OPTION.fullmatch(word) else _value(word)


def _value(word: str) -> str:
    if "/" in word:
        return "…;" if word.endswith(";") else "…"
    return _DIFFERING.sub("…", word)


def _cut(shapes: list[str]) -> str:
    line = " ".join(shapes)
    return line if len(line) <= LONGEST else line[: LONGEST - len("…")].rpartition(" ")[0] + " …"
