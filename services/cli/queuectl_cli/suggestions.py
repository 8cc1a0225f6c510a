"""Suggestions for mistyped words."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def close_matches(word: str, known: Iterable[str]) -> list[str]:
    """The known words that resemble this one, best match first. Leading dashes are not compared."""
    by_name = {other.lstrip("-"): other for other in known}
    return [by_name[match] for match in get_close_matches(word.lstrip("-"), by_name)]


def did_you_mean(words: Sequence[str]) -> str:
    """A sentence to append to an error message; empty without suggestions."""
    return f". Did you mean {', '.join(map(repr, words))}?" if words else ""
