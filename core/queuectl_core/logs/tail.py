"""The last lines of an output that is in memory."""


def tail_offset(output: bytes, lines: int) -> int:
    """The position at which the last `lines` lines of `output` begin."""
    if lines <= 0:
        return len(output)
    before, *found = output.removesuffix(b"\n").rsplit(b"\n", lines)
    return len(before) + 1 if len(found) == lines else 0
