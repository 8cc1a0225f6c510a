"""The last lines of an attempt's output as text, which usually show why it failed."""

import re

LONGEST = 2048
"""Characters."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def output_tail(output: bytes, *, cut: bool = False) -> str:
    r"""The last lines of `output`, at most LONGEST characters, with control characters escaped, such as `\x1b`.

    A line that does not fit completely is omitted, unless it is the last one. `cut`: `output` is the end of a longer
    output, so its first line may be incomplete.
    """
    text = output.decode(errors="replace").replace("\r\n", "\n").rstrip("\n")
    text = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    if len(text) > LONGEST:
        cut = text[-LONGEST - 1] != "\n"
        text = text[-LONGEST:]
    return (text.partition("\n")[2] or text) if cut else text


def last_line(tail: str) -> str:
    """The last line that is not empty."""
    return next((line.strip() for line in reversed(tail.splitlines()) if line.strip()), "")
