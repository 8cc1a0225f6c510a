"""The environment variables of a job, from --env and --env-file."""

import codecs
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from queuectl_cli.failure import USAGE, Failure

NAME = r"[A-Za-z_][A-Za-z0-9_]*"


def variables(given: Sequence[str], files: Sequence[str]) -> dict[str, str]:
    """Values by name. --env overrides files, and later ones override earlier ones.

    Raises Failure, which never shows a value, as it may be secret.
    """
    found = dict(variable for file in files for variable in _read(Path(file)))
    return found | dict(_variable(text, "--env") for text in given)


def _read(path: Path) -> Iterator[tuple[str, str]]:
    """Parse a file as `docker run --env-file` does: one variable per line, values verbatim, quotes included."""
    try:
        text = path.read_bytes().removeprefix(codecs.BOM_UTF8).decode()
    except OSError as fault:
        raise Failure(f"--env-file {path}: {fault.strerror}", USAGE) from fault
    except UnicodeDecodeError as fault:
        raise Failure(f"--env-file {path} is not UTF-8: see byte {fault.start + 1}", USAGE) from None
    for number, line in enumerate(text.split("\n"), 1):
        entry = line.removesuffix("\r").lstrip()
        if entry and not entry.startswith("#"):
            yield _variable(entry, f"--env-file {path}: line {number}")


def _variable(text: str, where: str) -> tuple[str, str]:
    """Parse NAME=VALUE, or the NAME of a variable set in this shell."""
    name, equals, value = text.partition("=")
    if not re.fullmatch(NAME, name):
        # Without =, it may be a value. In a file, so may text with =, if a value spans several lines.
        shown = f"{name!r} is not a variable name: it" if equals and where == "--env" else "it"
        raise Failure(f"{where}: {shown} must be NAME=VALUE, or the NAME of a variable set in this shell", USAGE)
    if equals:
        return name, value
    if name not in os.environ:
        raise Failure(f"{where}: {name} is not set in this shell: set it, or use NAME=VALUE", USAGE)
    return name, os.environ[name]
