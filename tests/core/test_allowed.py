"""A queue that takes only some commands: what is on its list comes in, by whatever way, and nothing else."""

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from queuectl_core.allowed import takes
from queuectl_core.errors import CommandNotAllowed
from queuectl_core.new_job import Entries, JobChange, NewJob
from queuectl_core.sqlite.bulk import Action
from queuectl_core.sqlite.filter import Filter
from queuectl_core.sqlite.store import Store
from queuectl_core.state import State
from tests.core.working import brought_to, claim_one

ENTRIES = ["ffmpeg *", "/srv/nightly.sh", "make -C /srv all && date"]
"""What the queue called `media` takes."""


def by_its_own_list(store: Store) -> None:
    """The queue `media` takes ENTRIES; others have no list."""
    store.queues.set_commands("media", ENTRIES)


def by_default(store: Store) -> None:
    """The queue `media` takes ENTRIES, as any does that has no list; the one called `default` takes all."""
    store.config.set("default-commands", ENTRIES)
    store.queues.set_commands("default", ["*"])


@pytest.fixture(params=[by_its_own_list, by_default])
def limit(request: pytest.FixtureRequest) -> Callable[[Store], None]:
    """Has the queue `media` take only ENTRIES, and the one called `default` any command."""
    applied: Callable[[Store], None] = request.param
    return applied


@pytest.fixture
def limited(store: Store, limit: Callable[[Store], None]) -> Store:
    """A store where this was done."""
    limit(store)
    return store


@pytest.mark.parametrize(
    "command",
    [
        "/srv/nightly.sh",
        "make -C /srv all && date",
        "ffmpeg",
        "ffmpeg -i in.mov out.mp4",
        "ffmpeg  -i   in.mov",
        "ffmpeg ''",
        "ffmpeg 'my film.mov' --title='it'\"'\"'s; rm -rf / $(date) `date` | > *'",
        "ffmpeg A=b é".replace("é", "'é'"),
    ],
)
def test_what_is_listed_is_taken(command: str) -> None:
    assert takes(ENTRIES, command)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "rm",
        "ffmpegx",
        "ffmpeg-evil -i x",
        " ffmpeg",
        "/usr/bin/ffmpeg",
        "A=b ffmpeg",
        "ffmpeg; rm -rf /",
        "ffmpeg & rm",
        "ffmpeg | sh",
        "ffmpeg > /etc/passwd",
        "ffmpeg < /etc/passwd",
        "ffmpeg $HOME",
        "ffmpeg $(rm x)",
        "ffmpeg `rm x`",
        'ffmpeg "$(rm x)"',
        "ffmpeg *",
        "ffmpeg ?",
        "ffmpeg [a]",
        "ffmpeg ~",
        "ffmpeg {a,b}",
        "ffmpeg #x",
        "ffmpeg !x",
        "ffmpeg \\'x",
        "ffmpeg 'x",
        "ffmpeg x\nrm y",
        "ffmpeg 'x\ny'",
        "ffmpeg\trm",
        "ffmpeg é",
        "/srv/nightly.sh ",
        "/srv/nightly.sh now",
        "make -C /srv all && date && rm x",
    ],
)
def test_what_is_not_listed_is_not(command: str) -> None:
    assert not takes(ENTRIES, command)


def test_an_empty_list_takes_nothing() -> None:
    assert not takes([], "true")


def test_a_star_takes_any_command_in_any_surroundings() -> None:
    assert takes(["make", "*"], "rm -rf /; ls > x\nls", surrounded=True)
    assert not takes(["make", "true *"], "make", surrounded=True)


def test_the_longest_command_takes_no_time() -> None:
    for words in (" a" * 32_000, " '" * 32_000, " \"'" * 21_000, " a='b'" * 10_000):
        takes(["ffmpeg *"], f"ffmpeg{words};")


# Whatever is taken, a shell runs the program with the words that stand there.

harmful = st.sampled_from(list(" '\"\\$`;&|<>()*?[]{}~#!=%@+,:./-_\nab\té"))
texts = st.text(harmful, max_size=12) | st.text(max_size=6)
words = texts.map(shlex.quote) | texts | texts.map(lambda text: f"--x={shlex.quote(text)}")
command_lines = st.lists(words, max_size=6).map(lambda some: " ".join(["show", *some])) | texts.map("show {}".format)

SHOW = """#!/bin/sh
printf '%s\\0' show "$@"
printf '\\n\\0'
"""
"""Prints its words, each ended by NUL, and then a line break as if it was one: none of them holds any."""


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_the_shell_runs_the_program_with_these_words_and_nothing_else(shell: str, tmp_path: Path) -> None:
    taken: list[str] = []

    @given(st.lists(command_lines, min_size=20, max_size=20))
    @settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def collect(lines: list[str]) -> None:
        taken.extend(line for line in lines if takes(["show *"], line) and "\0" not in line)

    collect()
    assert len(taken) > 300, "enough to mean something"
    (tmp_path / "show").write_text(SHOW)
    (tmp_path / "show").chmod(0o755)
    ran = subprocess.run(
        [shell, "-e"],
        input="\n".join(taken).encode(),
        capture_output=True,
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
        timeout=300,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert [run.split("\0")[:-1] for run in ran.stdout.decode().split("\n\0")[:-1]] == [
        shlex.split(line) for line in taken
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["show"]


# The list itself


@pytest.mark.parametrize(
    "entry", ["ffmpeg *", "/usr/bin/ffmpeg *", "g++-12 *", "7z *", "echo 'a b' | tr a b; ls", "x", "*"]
)
def test_an_entry_is_a_command_or_a_program_with_any_words(entry: str) -> None:
    assert TypeAdapter(Entries).validate_python([entry]) == [entry]


@pytest.mark.parametrize(
    "entry",
    [
        "", " ", " *", "**", "* *", "ffmpeg*", "ffmpeg  *", "ffmpeg -i *", "ls *.mov", "printf *", "test *",
        "./run *", "bin/run *", "../run *",
        "A=b *", "-x *", "eval *", "exec *", "command *", "if *", "source *", ". *", "[ *", "a;b *", "$X *", "'a' *",
        " ls", "ls ", "ls\nrm", "ls\0", "ls\trm", "\x1b[2J", "x" * 1001, "\ud800",
    ],
)  # fmt: skip
def test_what_is_neither_is_refused(entry: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Entries).validate_python([entry])


def test_it_is_kept_told_and_taken_away(store: Store) -> None:
    store.queues.set_commands("media", ENTRIES)
    assert store.queues.get("media").commands == ENTRIES
    store.queues.set_paused("media", True)
    store.queues.set_paused("media", False)
    assert store.queues.get("media").commands == ENTRIES
    store.queues.set_commands("media", [])
    assert store.queues.get("media").commands == []
    store.queues.set_commands("media", None)
    assert store.queues.get("media").commands is None
    assert store.queues.all() == []


# The ways in


def test_a_job_comes_in_with_a_listed_command_only(limited: Store) -> None:
    limited.queue.enqueue(NewJob(command="ffmpeg -i x", queue="media"))
    limited.queue.enqueue(NewJob(command="rm x"))
    with pytest.raises(CommandNotAllowed, match=r"queue 'media'.* does not take the command 'rm x', but 'ffmpeg \*', "):
        limited.queue.enqueue(NewJob(command="rm x", queue="media"))
    assert limited.jobs.count(Filter(queue="media")) == (1, True)


@pytest.mark.parametrize("field", [{"env": {"PATH": "/tmp"}}, {"cwd": "/tmp"}])
def test_what_would_make_another_command_of_it_is_refused(limited: Store, field: dict[str, object]) -> None:
    with pytest.raises(CommandNotAllowed, match="without env and cwd"):
        limited.queue.enqueue(NewJob.model_validate({"command": "ffmpeg", "queue": "media"} | field))


def test_a_cwd_that_is_optional_is_left_out_instead(limited: Store) -> None:
    def cwd_of(**fields: object) -> str | None:
        new = NewJob.model_validate({"command": "ffmpeg", "queue": "media", "cwd": "/tmp"} | fields)
        return limited.jobs.get(limited.queue.enqueue(new, optional_cwd=True)).cwd

    assert cwd_of() is None
    assert cwd_of(queue="default") == "/tmp"
    with pytest.raises(CommandNotAllowed, match="does not take the command 'rm x'"):
        cwd_of(command="rm x")
    with pytest.raises(CommandNotAllowed, match="without env and cwd"):
        cwd_of(env={"PATH": "/tmp"})


def test_a_batch_is_refused_as_a_whole_and_the_first_place_named(limited: Store) -> None:
    batch = limited.batch()
    commands = ["ffmpeg a", "ffmpeg b", "rm x", "rm y"]
    batch.stage([(place * 10, NewJob(command=command, queue="media")) for place, command in enumerate(commands)])
    with pytest.raises(CommandNotAllowed) as refusal:
        batch.commit()
    assert refusal.value.position == 20
    assert limited.jobs.counts()[State.PENDING] == 0


def test_a_large_batch_is_looked_at_to_its_end(limited: Store) -> None:
    batch = limited.batch()
    jobs = [(place, NewJob(command=f"ffmpeg {place}", queue="media")) for place in range(1500)]
    batch.stage([*jobs, (1500, NewJob(command="rm x", queue="media"))])
    with pytest.raises(CommandNotAllowed) as refusal:
        batch.commit()
    assert refusal.value.position == 1500


def test_a_batch_for_other_queues_comes_in(limited: Store) -> None:
    batch = limited.batch()
    batch.stage([(0, NewJob(command="rm x")), (1, NewJob(command="ffmpeg a", queue="media"))])
    assert len(batch.commit()) == 2


@pytest.mark.parametrize("change", [{"command": "rm x"}, {"env": {"A": "b"}}, {"cwd": "/"}])
def test_a_change_to_another_command_is_refused(limited: Store, change: dict[str, object]) -> None:
    limited.queue.enqueue(NewJob(id="a", command="ffmpeg a", queue="media"))
    before = limited.jobs.get("a")
    with pytest.raises(CommandNotAllowed):
        limited.queue.edit("a", JobChange.model_validate(change))
    assert limited.jobs.get("a") == before
    limited.queue.edit("a", JobChange(command="ffmpeg b"))


def test_a_job_moves_into_the_queue_with_a_listed_command_only(limited: Store) -> None:
    limited.queue.enqueue(NewJob(id="a", command="rm x"))
    with pytest.raises(CommandNotAllowed):
        limited.queue.edit("a", JobChange(queue="media"))
    limited.queue.edit("a", JobChange(queue="media", command="ffmpeg"))
    assert limited.jobs.get("a").queue == "media"


def test_what_waits_when_the_list_comes_runs_and_may_still_be_changed_otherwise(
    store: Store, limit: Callable[[Store], None]
) -> None:
    store.queue.enqueue(NewJob(id="a", command="rm x", queue="media"))
    limit(store)
    store.queue.edit("a", JobChange(priority=5))
    assert claim_one(store).job_id == "a"


def test_what_has_ended_is_retried_with_a_listed_command_only(store: Store, limit: Callable[[Store], None]) -> None:
    dead = [brought_to(store, State.DEAD, command=command, queue="media") for command in ("ffmpeg a", "rm x", "rm y")]
    dead.append(brought_to(store, State.DEAD, command="rm x"))
    limit(store)
    with pytest.raises(CommandNotAllowed):
        store.queue.retry(dead[1])
    assert store.jobs.get(dead[1]).state is State.DEAD
    step = store.bulk.named(Action.RETRY, dead[:2])
    assert (step.changed, step.skipped) == (1, 1)
    step = store.bulk.step(Action.RETRY, Filter((State.DEAD,)))
    assert (step.changed, step.skipped, step.next_cursor) == (1, 2, None)
    assert [store.jobs.get(job_id).state for job_id in dead] == [
        State.PENDING,
        State.DEAD,
        State.DEAD,
        State.PENDING,
    ]
    store.queue.cancel(dead[0])
    assert store.bulk.named(Action.DELETE, dead).changed == 4


# The list of queues without one


def enqueued(store: Store, command: str, queue: str, **fields: object) -> bool:
    """Whether the job comes in."""
    try:
        store.queue.enqueue(NewJob.model_validate({"command": command, "queue": queue} | fields))
    except CommandNotAllowed:
        return False
    return True


def test_a_queue_that_nobody_thought_of_is_held_to_the_default(store: Store) -> None:
    assert enqueued(store, "rm x", "new")
    store.config.set("default-commands", ["ffmpeg *"])
    assert not enqueued(store, "rm x", "new")
    assert not enqueued(store, "rm x", "newer")
    assert not enqueued(store, "ffmpeg", "newer", env={"PATH": "/tmp"})
    assert enqueued(store, "ffmpeg a", "newest")
    store.config.set("default-commands", [])
    assert not enqueued(store, "ffmpeg a", "newest")
    store.config.set("default-commands", None)
    assert enqueued(store, "rm x", "newest")


def test_a_queue_with_a_list_of_its_own_is_not(store: Store) -> None:
    store.config.set("default-commands", ["ffmpeg *"])
    store.queues.set_commands("media", ["convert *"])
    store.queues.set_commands("closed", [])
    store.queues.set_commands("open", ["*"])
    assert (enqueued(store, "convert a", "media"), enqueued(store, "ffmpeg a", "media")) == (True, False)
    assert not enqueued(store, "ffmpeg a", "closed")
    assert enqueued(store, "rm -rf x; date", "open", cwd="/tmp")
    store.queues.set_commands("open", None)
    assert not enqueued(store, "rm -rf x; date", "open")


def test_a_queue_for_which_something_else_is_set_is_held_to_the_default(store: Store) -> None:
    store.queues.set_limit("media", 3)
    store.config.set("default-commands", ["ffmpeg *"])
    assert (enqueued(store, "ffmpeg a", "media"), enqueued(store, "rm x", "media")) == (True, False)


def test_a_refusal_says_that_the_list_is_the_default(store: Store) -> None:
    store.config.set("default-commands", ["ffmpeg *"])
    with pytest.raises(
        CommandNotAllowed, match=r"queue 'q', which has no list of its own, does not take .* 'ffmpeg \*'"
    ):
        store.queue.enqueue(NewJob(command="rm x", queue="q"))
    with pytest.raises(
        CommandNotAllowed, match=r"queue 'q', which has no list of its own, takes only .* leave them out"
    ):
        store.queue.enqueue(NewJob(command="ffmpeg", queue="q", cwd="/tmp"))
