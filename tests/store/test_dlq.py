"""The dead letter queue, grouped by failure."""

import time
from typing import Any

import pytest

from queuectl_core.model.attempt import NOTHING, UNKNOWN, Ended, Outcome, Printed
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from tests.store.attempts import claim_one, job_in_state, take


def die(store: Store, command: str, status: int, queue: str = "default", printed: Printed = NOTHING) -> str:
    job_id = store.enqueue(NewJob(command=command, queue=queue, max_retries=0))
    store.reports.fail(claim_one(store).lease, Ended(status, f"exit status {status}", printed))
    return job_id


def test_dead_jobs_with_alike_commands_and_errors_are_one_group(store: Store) -> None:
    die(store, "convert /a/1.png -o /b/1.jpg", 3, "p")
    die(store, "convert /a/2.png -o /b/2.jpg", 3, "q")
    newest = die(store, "convert /a/3.png -o /b/3.jpg", 3, "p")
    die(store, "convert /a/4.png -o /b/4.jpg", 4)
    job_in_state(store, State.COMPLETED)
    large, small = store.dlq.groups(Filter())
    assert (large.failure, large.count, large.queues) == ("convert … -o … ⇒ exit status 3", 3, ["p", "q"])
    assert (small.failure, small.count, small.queues) == ("convert … -o … ⇒ exit status 4", 1, ["default"])
    assert large.newest == newest
    assert large.last_at == store.jobs.get(newest).finished_at
    assert large.first_at < large.last_at


def test_the_last_line_of_output_distinguishes_causes(store: Store) -> None:
    no_space, denied = b"copying\ncp: '/a/%d': No space left on device\n", b"copying\ncp: /a/%d: Permission denied\n"
    for number in range(3):
        die(store, "sync a", 1, printed=Printed(2048, no_space % number))
    die(store, "sync a", 1, printed=Printed(90_000, tail=denied % 1))
    die(store, "sync a", 1, printed=Printed(90_000, tail=denied % 2 + b" \n\n"))
    assert [(group.failure, group.count) for group in store.dlq.groups(Filter())] == [
        ("sync a ⇒ exit status 1: cp: …: No space left on device", 3),
        ("sync a ⇒ exit status 1: cp: … Permission denied", 2),
    ]


def test_the_reason_for_stopping_an_attempt_is_its_cause_whatever_its_output(store: Store) -> None:
    for line in (b"connecting\n", b"waiting\n"):
        store.enqueue(NewJob(command="fetch", max_retries=0))
        ended = Ended(143, "timed out after 5 s", Printed(len(line), line))
        store.reports.fail(claim_one(store).lease, ended)
    assert [(group.failure, group.count) for group in store.dlq.groups(Filter())] == [
        ("fetch ⇒ timed out after … s", 2)
    ]


def test_a_search_for_an_error_looks_at_the_last_output(store: Store) -> None:
    long, whole = Printed(90_000, tail=b"x" * 1900 + b"\nNo space left\n"), Printed(14, b"no SPACE left\n")
    binary = Printed(16, b"\0\xff no space\n")
    found = [die(store, "cp", 1, printed=printed) for printed in (long, whole, binary)]
    die(store, "cp", 1, printed=Printed(6, b"space\n"))
    store.enqueue(NewJob(command="cp"))
    store.reports.complete(claim_one(store).lease, Ended(0, None, Printed(9, b"no space\n")))

    def found_by(text: str) -> list[str]:
        return [job.id for job in store.jobs.page(Filter(error=text), limit=9).items]

    umlaut = die(store, "cp", 1, printed=Printed(26, b"\xffKein Platz f\xc3\xbcr Gr\xc3\xb6\xc3\x9fe\n"))
    assert found_by("FÜR GRÖẞE") == [umlaut]
    assert found_by("für große") == []
    assert found_by("no space") == found[::-1]
    assert len(found_by("exit STATUS 1")) == 5
    assert found_by("no room") == []


def test_groups_count_only_the_selected_jobs(store: Store) -> None:
    die(store, "make a", 2, "p")
    die(store, "make a", 2, "q")
    die(store, "make b", 2, "q")
    assert [group.count for group in store.dlq.groups(Filter(queues=("q",)))] == [1, 1]
    assert [group.count for group in store.dlq.groups(Filter(text="make a"))] == [2]
    assert [group.count for group in store.dlq.groups(Filter(failure="make b ⇒ exit status 2"))] == [1]
    assert store.dlq.groups(Filter(tags=("none",))) == store.dlq.groups(Filter(text="\0")) == []


def test_groups_can_be_limited_to_jobs_that_died_in_a_period(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = time.time()
    store.enqueue(NewJob(id="early", command="make", max_retries=0))
    store.enqueue(NewJob(id="late", command="make", max_retries=0))
    early, late = take(store, "w1", 2)
    for lease, hours in ((early.lease, 10), (late.lease, 20)):
        monkeypatch.setattr(time, "time", lambda hours=hours: begun + hours * 3600)
        store.reports.fail(lease, Ended(1, "exit status 1", NOTHING))

    def newest(**times: Any) -> list[tuple[int, str]]:
        return [(group.count, group.newest) for group in store.dlq.groups(Filter(**times))]

    assert newest(finished_since=begun + 15 * 3600) == [(1, "late")]
    assert newest(finished_until=begun + 15 * 3600) == [(1, "early")]
    assert newest(finished_since=begun + 5 * 3600) == newest(enqueued_until=begun + 3600) == [(2, "late")]
    assert newest(enqueued_since=begun + 3600) == []


def test_the_newest_of_a_group_is_the_one_that_died_last(store: Store) -> None:
    first = die(store, "make", 2)
    die(store, "make", 2)
    store.actions.retry(first)
    assert [group.count for group in store.dlq.groups(Filter())] == [1]
    store.reports.fail(claim_one(store).lease, Ended(2, "exit status 2", NOTHING))
    assert [(group.count, group.newest) for group in store.dlq.groups(Filter())] == [(2, first)]


def test_jobs_of_lost_workers_are_one_group(store: Store) -> None:
    for worker in ("build-abcd", "build-efgh"):
        job_id = store.enqueue(NewJob(command="make", max_retries=0))
        lease = claim_one(store, worker).lease
        store.reports.fail(lease, Ended(None, f"worker {worker} was lost", UNKNOWN), Outcome.LOST)
        assert store.jobs.get(job_id).state is State.DEAD
    assert [(group.failure, group.count) for group in store.dlq.groups(Filter())] == [("make ⇒ worker … was lost", 2)]
