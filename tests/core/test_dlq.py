"""The dead letter queue by what its jobs died of."""

from queuectl_core.attempt import NOTHING, UNKNOWN, Ended, Outcome, Printed
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.filter import Filter
from queuectl_core.sqlite.store import Store
from queuectl_core.state import State
from tests.core.working import brought_to, claim_one


def die(store: Store, command: str, status: int, queue: str = "default", printed: Printed = NOTHING) -> str:
    job_id = store.queue.enqueue(NewJob(command=command, queue=queue, max_retries=0))
    store.leases.fail(claim_one(store).lease, Ended(status, f"exit status {status}", printed))
    return job_id


def test_dead_jobs_with_one_kind_of_command_and_error_are_one_group(store: Store) -> None:
    die(store, "convert /a/1.png -o /b/1.jpg", 3, "p")
    die(store, "convert /a/2.png -o /b/2.jpg", 3, "q")
    newest = die(store, "convert /a/3.png -o /b/3.jpg", 3, "p")
    die(store, "convert /a/4.png -o /b/4.jpg", 4)
    brought_to(store, State.COMPLETED)
    large, small = store.dead.groups(Filter())
    assert (large.failure, large.count, large.queues) == ("convert … -o … ⇒ exit status 3", 3, ["p", "q"])
    assert (small.failure, small.count, small.queues) == ("convert … -o … ⇒ exit status 4", 1, ["default"])
    assert large.newest == newest
    assert large.last_at == store.jobs.get(newest).finished_at
    assert large.first_at < large.last_at


def test_the_last_line_that_was_printed_tells_causes_apart(store: Store) -> None:
    no_space, denied = b"copying\ncp: '/a/%d': No space left on device\n", b"copying\ncp: /a/%d: Permission denied\n"
    for number in range(3):
        die(store, "sync a", 1, printed=Printed(2048, no_space % number))
    die(store, "sync a", 1, printed=Printed(90_000, tail=denied % 1))
    die(store, "sync a", 1, printed=Printed(90_000, tail=denied % 2 + b" \n\n"))
    assert [(group.failure, group.count) for group in store.dead.groups(Filter())] == [
        ("sync a ⇒ exit status 1: cp: …: No space left on device", 3),
        ("sync a ⇒ exit status 1: cp: … Permission denied", 2),
    ]


def test_what_an_attempt_was_stopped_for_is_its_cause_whatever_it_has_printed(store: Store) -> None:
    for line in (b"connecting\n", b"waiting\n"):
        store.queue.enqueue(NewJob(command="fetch", max_retries=0))
        ended = Ended(143, "timed out after 5 s", Printed(len(line), line))
        store.leases.fail(claim_one(store).lease, ended)
    assert [(group.failure, group.count) for group in store.dead.groups(Filter())] == [
        ("fetch ⇒ timed out after … s", 2)
    ]


def test_a_search_for_an_error_finds_what_was_printed_last(store: Store) -> None:
    long, whole = Printed(90_000, tail=b"x" * 1900 + b"\nNo space left\n"), Printed(14, b"no SPACE left\n")
    binary = Printed(16, b"\0\xff no space\n")
    found = [die(store, "cp", 1, printed=printed) for printed in (long, whole, binary)]
    die(store, "cp", 1, printed=Printed(6, b"space\n"))
    store.queue.enqueue(NewJob(command="cp"))
    store.leases.complete(claim_one(store).lease, Ended(0, None, Printed(9, b"no space\n")))

    def met(text: str) -> list[str]:
        return [job.id for job in store.jobs.page(Filter(error=text), limit=9).items]

    assert met("no space") == found[::-1]
    assert len(met("exit STATUS 1")) == 4
    assert met("no room") == []


def test_groups_are_of_the_jobs_that_are_chosen(store: Store) -> None:
    die(store, "make a", 2, "p")
    die(store, "make a", 2, "q")
    die(store, "make b", 2, "q")
    assert [group.count for group in store.dead.groups(Filter(queue="q"))] == [1, 1]
    assert [group.count for group in store.dead.groups(Filter(text="make a"))] == [2]
    assert [group.count for group in store.dead.groups(Filter(failure="make b ⇒ exit status 2"))] == [1]
    assert store.dead.groups(Filter(tag="none")) == store.dead.groups(Filter(text="\0")) == []


def test_the_newest_of_a_group_is_the_one_that_died_last(store: Store) -> None:
    first = die(store, "make", 2)
    die(store, "make", 2)
    store.queue.retry(first)
    assert [group.count for group in store.dead.groups(Filter())] == [1]
    store.leases.fail(claim_one(store).lease, Ended(2, "exit status 2", NOTHING))
    assert [(group.count, group.newest) for group in store.dead.groups(Filter())] == [(2, first)]


def test_jobs_whose_workers_were_lost_are_one_group(store: Store) -> None:
    for worker in ("build-abcd", "build-efgh"):
        job_id = store.queue.enqueue(NewJob(command="make", max_retries=0))
        lease = claim_one(store, worker).lease
        store.leases.fail(lease, Ended(None, f"worker {worker} was lost", UNKNOWN), Outcome.LOST)
        assert store.jobs.get(job_id).state is State.DEAD
    assert [(group.failure, group.count) for group in store.dead.groups(Filter())] == [("make ⇒ worker … was lost", 2)]
