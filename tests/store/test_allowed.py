"""A queue with a list of commands accepts the commands on it, however a job is enqueued, and no others."""

from collections.abc import Callable

import pytest

from queuectl_core.model.bulk import Action
from queuectl_core.model.errors import CommandNotAllowed
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from tests.store.attempts import claim_one, job_in_state

ENTRIES = ["ffmpeg *", "/srv/nightly.sh", "make -C /srv all && date"]
"""The commands that the queue `media` accepts."""


def by_its_own_list(store: Store) -> None:
    """The queue `media` accepts ENTRIES; other queues have no list."""
    store.queues.set_commands("media", ENTRIES)


def by_default(store: Store) -> None:
    """Queues without a list accept ENTRIES, and so does `media`; the queue `default` accepts everything."""
    store.config.set("default-commands", ENTRIES)
    store.queues.set_commands("default", ["*"])


@pytest.fixture(params=[by_its_own_list, by_default])
def limit(request: pytest.FixtureRequest) -> Callable[[Store], None]:
    """Restricts the queue `media` to ENTRIES; the queue `default` accepts any command."""
    applied: Callable[[Store], None] = request.param
    return applied


@pytest.fixture
def limited(store: Store, limit: Callable[[Store], None]) -> Store:
    """A store with that restriction."""
    limit(store)
    return store


# The list itself


def test_the_list_of_a_queue_is_set_read_and_removed(store: Store) -> None:
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


# Enqueueing, editing, retrying


def test_a_job_comes_in_with_a_listed_command_only(limited: Store) -> None:
    limited.enqueue(NewJob(command="ffmpeg -i x", queue="media"))
    limited.enqueue(NewJob(command="rm x"))
    with pytest.raises(
        CommandNotAllowed, match=r"queue 'media'.* does not accept the command 'rm x'; allowed: 'ffmpeg \*', "
    ):
        limited.enqueue(NewJob(command="rm x", queue="media"))
    assert limited.jobs.count(Filter(queues=("media",))) == (1, True)


@pytest.mark.parametrize("field", [{"env": {"PATH": "/tmp"}}, {"cwd": "/tmp"}])
def test_env_and_cwd_are_refused_in_a_queue_with_a_list(limited: Store, field: dict[str, object]) -> None:
    with pytest.raises(CommandNotAllowed, match="without env and cwd"):
        limited.enqueue(NewJob.model_validate({"command": "ffmpeg", "queue": "media"} | field))


def test_an_optional_cwd_is_dropped_instead(limited: Store) -> None:
    def cwd_of(**fields: object) -> str | None:
        new = NewJob.model_validate({"command": "ffmpeg", "queue": "media", "cwd": "/tmp"} | fields)
        return limited.enqueued(new, optional_cwd=True).job.cwd

    assert cwd_of() is None
    assert cwd_of(queue="default") == "/tmp"
    with pytest.raises(CommandNotAllowed, match="does not accept the command 'rm x'"):
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
    batch.commit()
    assert limited.jobs.counts()[State.PENDING] == 2


@pytest.mark.parametrize("change", [{"command": "rm x"}, {"env": {"A": "b"}}, {"cwd": "/"}])
def test_a_change_to_another_command_is_refused(limited: Store, change: dict[str, object]) -> None:
    limited.enqueue(NewJob(id="a", command="ffmpeg a", queue="media"))
    before = limited.jobs.get("a")
    with pytest.raises(CommandNotAllowed):
        limited.actions.edit("a", JobChange.model_validate(change))
    assert limited.jobs.get("a") == before
    limited.actions.edit("a", JobChange(command="ffmpeg b"))


def test_a_job_moves_into_the_queue_with_a_listed_command_only(limited: Store) -> None:
    limited.enqueue(NewJob(id="a", command="rm x"))
    with pytest.raises(CommandNotAllowed):
        limited.actions.edit("a", JobChange(queue="media"))
    limited.actions.edit("a", JobChange(queue="media", command="ffmpeg"))
    assert limited.jobs.get("a").queue == "media"


def test_jobs_enqueued_before_the_list_still_run_and_can_be_edited(
    store: Store, limit: Callable[[Store], None]
) -> None:
    store.enqueue(NewJob(id="a", command="rm x", queue="media"))
    limit(store)
    store.actions.edit("a", JobChange(priority=5))
    assert claim_one(store).job_id == "a"


def test_a_finished_job_is_retried_only_if_its_command_is_listed(store: Store, limit: Callable[[Store], None]) -> None:
    dead = [job_in_state(store, State.DEAD, command=command, queue="media") for command in ("ffmpeg a", "rm x", "rm y")]
    dead.append(job_in_state(store, State.DEAD, command="rm x"))
    limit(store)
    with pytest.raises(CommandNotAllowed):
        store.actions.retry(dead[1])
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
    store.actions.cancel(dead[0])
    assert store.bulk.named(Action.DELETE, dead).changed == 4


# The default list


def enqueued(store: Store, command: str, queue: str, **fields: object) -> bool:
    """Whether the job is accepted."""
    try:
        store.enqueue(NewJob.model_validate({"command": command, "queue": queue} | fields))
    except CommandNotAllowed:
        return False
    return True


def test_a_new_queue_uses_the_default_list(store: Store) -> None:
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


def test_a_queue_with_its_own_list_ignores_the_default(store: Store) -> None:
    store.config.set("default-commands", ["ffmpeg *"])
    store.queues.set_commands("media", ["convert *"])
    store.queues.set_commands("closed", [])
    store.queues.set_commands("open", ["*"])
    assert (enqueued(store, "convert a", "media"), enqueued(store, "ffmpeg a", "media")) == (True, False)
    assert not enqueued(store, "ffmpeg a", "closed")
    assert enqueued(store, "rm -rf x; date", "open", cwd="/tmp")
    store.queues.set_commands("open", None)
    assert not enqueued(store, "rm -rf x; date", "open")


def test_a_queue_with_other_settings_uses_the_default_list(store: Store) -> None:
    store.queues.set_limit("media", 3)
    store.config.set("default-commands", ["ffmpeg *"])
    assert (enqueued(store, "ffmpeg a", "media"), enqueued(store, "rm x", "media")) == (True, False)


def test_a_refusal_says_that_the_list_is_the_default(store: Store) -> None:
    store.config.set("default-commands", ["ffmpeg *"])
    with pytest.raises(
        CommandNotAllowed, match=r"queue 'q', which has no list of its own, does not accept .* 'ffmpeg \*'"
    ):
        store.enqueue(NewJob(command="rm x", queue="q"))
    with pytest.raises(CommandNotAllowed, match=r"queue 'q', which has no list of its own, accepts only .* omit them"):
        store.enqueue(NewJob(command="ffmpeg", queue="q", cwd="/tmp"))
