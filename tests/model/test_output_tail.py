"""The end of an output as text: short, whole lines, and no control characters that act on a terminal."""

from hypothesis import given
from hypothesis import strategies as st

from queuectl_core.model.output_tail import LONGEST, last_line, output_tail

printable = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=90)
lines = st.lists(printable | st.integers(0, 3000).map("x".__mul__), max_size=60)
noise = st.binary(max_size=3000) | st.lists(st.sampled_from([b"\x1b[31m", b"\r", b"\r\n", b"\0", b"\n", b"\xff"])).map(
    b"".join
)


@given(noise, st.booleans())
def test_the_tail_of_any_output_is_short_and_plain(output: bytes, cut: bool) -> None:
    tail = output_tail(output, cut=cut)
    assert len(tail) <= LONGEST
    assert not [char for char in tail if char not in "\n\t" and (ord(char) < 32 or 127 <= ord(char) < 160)]
    assert output_tail(tail.encode()) == tail.rstrip("\n")


@given(lines)
def test_a_tail_is_the_last_whole_lines(printed: list[str]) -> None:
    text = "\n".join(printed)
    tail = output_tail(text.encode())
    assert text.rstrip("\n").endswith(tail)
    assert bool(tail) == bool(text.rstrip("\n"))
    assert tail in ("", text.rstrip("\n")[-LONGEST:]) or f"\n{text}".rstrip("\n").endswith(f"\n{tail}")


@given(lines, st.integers(1, 2048))
def test_a_line_that_lacks_its_beginning_is_left_out_unless_it_is_the_last_one(printed: list[str], kept: int) -> None:
    output = "\n".join(printed).encode()
    whole = output_tail(output).split("\n")
    first, *others = output_tail(output[-kept:], cut=True).split("\n")
    assert whole[len(whole) - len(others) :] == others
    assert first in whole or not others


def test_control_characters_are_shown_as_escapes() -> None:
    assert output_tail(b"\x1b[31mred\x1b[0m\r\n50%\r100%\n") == "\\x1b[31mred\\x1b[0m\n50%\\r100%"
    assert output_tail("a\u2028b\u202ec".encode()) == "a\\u2028b\\u202ec"


def test_the_last_line_is_the_last_one_that_says_something() -> None:
    assert last_line("first\n  cp: No space left on device \n \n\t") == "cp: No space left on device"
    assert last_line("\n") == last_line("") == ""
