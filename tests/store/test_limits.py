"""Resource limits of jobs: stored, edited, and handed to workers together with those of the config."""

from typing import Any

from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.store.store import Store
from tests.store.attempts import claim_one

MEBIBYTE = 1 << 20
ALL: dict[str, Any] = {"memory": 64 * MEBIBYTE, "processes": 20, "cpu": 1.5, "file_size": MEBIBYTE}


def test_a_claim_has_the_effective_limits(store: Store) -> None:
    store.enqueue(NewJob.model_validate({"command": "true", "limits": ALL, "sandbox": True}))
    store.config.set("limit-processes", 5)
    store.config.set("limit-memory", 1 << 40)
    claim = claim_one(store)
    assert (claim.limits, claim.sandbox) == (ALL | {"processes": 5}, True)
    assert [type(claim.limits[name]) for name in ALL] == [int, int, float, int]


def test_a_job_without_limits_gets_those_of_the_config(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="true"))
    job = store.jobs.get("a")
    assert (job.limits, job.sandbox) == ({}, False)
    store.config.set("limit-cpu", 0.5)
    store.config.set("sandbox", 1)
    job = store.jobs.get("a")
    assert (job.limits, job.sandbox) == ({"cpu": 0.5}, True)
    claim = claim_one(store)
    assert (claim.limits, claim.sandbox) == ({"cpu": 0.5}, True)


def test_limits_are_edited_as_a_whole_and_removed(store: Store) -> None:
    store.enqueue(NewJob.model_validate({"id": "a", "command": "true", "limits": ALL, "sandbox": True}))
    store.actions.edit("a", JobChange.model_validate({"limits": {"cpu": 3}}))
    assert (store.jobs.get("a").limits, store.jobs.get("a").sandbox) == ({"cpu": 3}, True)
    store.actions.edit("a", JobChange.model_validate({"limits": None, "sandbox": False}))
    assert (store.jobs.get("a").limits, store.jobs.get("a").sandbox) == ({}, False)


def test_a_batch_keeps_limits(store: Store) -> None:
    batch = store.batch()
    batch.stage([(0, NewJob.model_validate({"id": "a", "command": "true", "limits": ALL, "sandbox": True}))])
    batch.commit()
    assert (store.jobs.get("a").limits, store.jobs.get("a").sandbox) == (ALL, True)
