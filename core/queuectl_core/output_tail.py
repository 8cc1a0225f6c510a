"""The last lines of an output, as text: what a person looks at first when a job has failed."""

import re

LONGEST = 2048
"""Characters."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def output_tail(output: bytes, *, cut: bool = False) -> str:
    r"""The last lines of `output`, with control characters escaped, as in `\x1b`; no more than LONGEST characters.

    A line whose beginning does not fit is left out, unless it is the last one. `cut`: `output` is the end of a longer
    one, so that its first line may lack its beginning.
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
