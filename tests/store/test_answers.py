"""Answers to requests with an idempotency key: kept in the transaction of the request, for a day."""

import time

import pytest

from queuectl_core.model.errors import JobExists, KeyReused
from queuectl_core.model.new_job import NewJob
from queuectl_core.store import answers
from queuectl_core.store.answers import KEPT_SECONDS
from queuectl_core.store.store import Store


def test_an_answer_is_found_by_its_key_and_request(store: Store) -> None:
    assert store.answers.find("key", "request") is None
    store.answers.keep("key", "request", "content")
    assert store.answers.find("key", "request") == "content"
    assert store.answers.find("another", "request") is None
    with pytest.raises(KeyReused):
        store.answers.find("key", "another")


def test_a_rolled_back_request_has_no_answer(store: Store) -> None:
    store.enqueue(NewJob(id="taken", command="true"))

    def change() -> None:
        with store.transaction():
            store.answers.keep("key", "request", "content")
            store.enqueue(NewJob(id="taken", command="true"))

    with pytest.raises(JobExists):
        change()
    assert store.answers.find("key", "request") is None


def test_expired_answers_are_deleted_in_steps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "TRIMMED", 10)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    for number in range(17):
        store.answers.keep(f"key-{number}", "request", "content")
    monkeypatch.setattr(time, "time", lambda: now + 1)
    for number in range(17, 25):
        store.answers.keep(f"key-{number}", "request", "content")
    assert store.answers.trim() == 0
    monkeypatch.setattr(time, "time", lambda: now + KEPT_SECONDS)
    assert store.answers.find("key-1", "another") is None, "expired, though not deleted yet"
    store.answers.keep("key-1", "another", "content")
    dropped = [store.answers.trim() for _ in range(3)]
    assert (sum(dropped), dropped[0], dropped[2]) == (16, 10, 0)
    assert store.answers.find("key-1", "another") == "content"
