"""Kinds of failure: what is left out of a command and an error, and what is not."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from queuectl_core.model.failure import LONGEST, SEPARATOR, failure, parts, shape

PIECES = [
    "/usr/bin/python3", "convert", "-o", "-n5", "--size=10x20", "A=1", "/x/A=b", "'a b'", '"', "'", ";", "/a;", "|",
    "deadbeef", "exit status 3", "exit status 3: x", "status", "7", "7:",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV", "https://x.y/1?q=2", "…", "⇒", "a" * 199,
    "2026-01-31T09:30:00Z", "…-…", "signal 9", "-", "=", "/",
]  # fmt: skip
texts = st.text(max_size=300) | st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map(" ".join)


@pytest.mark.parametrize(
    ("one", "other", "shaped"),
    [
        ("convert /a/1.png -o /b/1.jpg", "convert /a/2.png -o /b/2.jpg", "convert … -o …"),
        ("/opt/v1/bin/python3 job.py --id 7", "/opt/v2/bin/python3 job.py --id 12", "python3 job.py --id …"),
        ("curl -s https://a.b/c?d=1", "curl -s http://localhost:80", "curl -s …"),
        ("render 01ARZ3NDEKTSV4RRFFQ69G5FAV", "render 5b1e7c3a-7f00-4c55-9a52-0c5d6c1b3a11", "render …"),
        ("git show deadbeef", "git show cafecafe", "git show …"),
        ("sh -c 'sort < in'", "sh -c 'sort < other'", "sh -c …"),
        ("tar -cf 2026-01-31T09:30:00Z.tar x", "tar -cf 2026-02-01T09:31:07Z.tar x", "tar -cf ….tar x"),
        ("encode --size=10x20 -j4 a.mov", "encode --size=20x40 -j8 a.mov", "encode --size=… -j… a.mov"),
        ("A=1 /bin/run 1 && /bin/stop 1", "A=2 /srv/run 2 && /srv/stop 2", "A=… run … && stop …"),
        ("cat <<EOF\n1\n\n2\nEOF", "cat <<EOF\n3\n4\nEOF", "cat <<EOF … … EOF"),
        ("timed out after 30 s", "timed out after 1.5 s", "timed out after … s"),
        ("exit status 1: no /a/b: 7 of 9", "exit status 1: no /c: 3 of 4", "exit status 1: no … … of …"),
    ],
)  # fmt: skip
def test_what_differs_between_jobs_is_left_out(one: str, other: str, shaped: str) -> None:
    assert shape(one) == shape(other) == shaped


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("exit status 3", "exit status 4"),
        ("exit status 3: No space left on device", "exit status 4: No space left on device"),
        ("killed by SIGKILL", "killed by SIGSEGV"),
        ("killed by signal 34", "killed by signal 35"),
        ("ffmpeg -i a.mov", "ffmpeg -v a.mov"),
        ("python2 a.py", "python3 a.py"),
        ("ping --ipv4 host", "ping --ipv6 host"),
    ],
)
def test_what_distinguishes_causes_is_kept(one: str, other: str) -> None:
    assert shape(one) == one
    assert shape(other) == other


def test_all_workers_that_were_lost_are_one_error() -> None:
    kinds = {failure("run 1", f"worker {name} was lost", name) for name in ("build-abcd", "web1-k2x4")}
    assert kinds == {"run … ⇒ worker … was lost"}
    assert parts(kinds.pop()) == ("run …", "worker … was lost")


@given(texts)
@example("a" * 5000)
@example("sh -c '" + "x 1 " * 5000 + "'")
def test_a_shape_is_short_and_one_line_and_its_own_shape(text: str) -> None:
    shaped = shape(text)
    assert len(shaped) <= LONGEST
    assert shaped == " ".join(shaped.split())
    assert shape(shaped) == shaped


@given(texts, texts)
def test_a_failure_consists_of_the_shapes_of_command_and_error(command: str, error: str) -> None:
    assert parts(failure(command, error, None)) == (shape(command), shape(error))
    assert failure(command, error, None).count(SEPARATOR.strip()) == 1
