"""What an attempt may use: the job's own limits and the config's, of which the lower ones count."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from queuectl_core.config import NUMBERS
from queuectl_core.limits import KEYS, effective
from queuectl_core.new_job import JobChange, NewJob
from queuectl_core.sqlite.store import Store
from tests.core.working import claim_one

MEBIBYTE = 1 << 20
ALL: dict[str, Any] = {"memory": 64 * MEBIBYTE, "processes": 20, "cpu": 1.5, "file_size": MEBIBYTE}

numbers = st.sampled_from([1, 2, 3])


@given(own=st.dictionaries(st.sampled_from(list(KEYS)), numbers), config=st.fixed_dictionaries(
    {key: st.just(0) | numbers for key in KEYS.values()}
))  # fmt: skip
def test_of_both_the_lower_one_counts(own: dict[str, float], config: dict[str, float]) -> None:
    both = {name: {own.get(name, 0), config[key]} - {0} for name, key in KEYS.items()}
    assert effective(own, config) == {name: min(given) for name, given in both.items() if given}


def test_a_claim_holds_what_counts(store: Store) -> None:
    store.queue.enqueue(NewJob.model_validate({"command": "true", "limits": ALL, "sandbox": True}))
    store.config.set("limit-processes", 5)
    store.config.set("limit-memory", 1 << 40)
    claim = claim_one(store)
    assert (claim.limits, claim.sandbox) == (ALL | {"processes": 5}, True)
    assert [type(claim.limits[name]) for name in ALL] == [int, int, float, int]


def test_a_job_without_limits_gets_those_of_the_config_alone(store: Store) -> None:
    store.queue.enqueue(NewJob(id="a", command="true"))
    job = store.jobs.get("a")
    assert (job.limits, job.sandbox) == ({}, False)
    store.config.set("limit-cpu", 0.5)
    store.config.set("sandbox", 1)
    job = store.jobs.get("a")
    assert (job.limits, job.sandbox) == ({"cpu": 0.5}, True)
    claim = claim_one(store)
    assert (claim.limits, claim.sandbox) == ({"cpu": 0.5}, True)


def test_they_are_changed_as_a_whole_and_taken_away(store: Store) -> None:
    store.queue.enqueue(NewJob.model_validate({"id": "a", "command": "true", "limits": ALL, "sandbox": True}))
    store.queue.edit("a", JobChange.model_validate({"limits": {"cpu": 3}}))
    assert (store.jobs.get("a").limits, store.jobs.get("a").sandbox) == ({"cpu": 3}, True)
    store.queue.edit("a", JobChange.model_validate({"limits": None, "sandbox": False}))
    assert (store.jobs.get("a").limits, store.jobs.get("a").sandbox) == ({}, False)


def test_a_batch_keeps_them(store: Store) -> None:
    batch = store.batch()
    batch.stage([(0, NewJob.model_validate({"id": "a", "command": "true", "limits": ALL, "sandbox": True}))])
    batch.commit()
    assert (store.jobs.get("a").limits, store.jobs.get("a").sandbox) == (ALL, True)


@pytest.mark.parametrize("name", list(KEYS))
@pytest.mark.parametrize("value", [0, -1, "1", True, 1e300, float("nan"), float("inf")])
def test_a_bad_limit_is_refused_and_named(name: str, value: object) -> None:
    with pytest.raises(ValidationError) as refusal:
        NewJob.model_validate({"command": "true", "limits": {name: value}})
    assert {error["loc"] for error in refusal.value.errors()} == {("limits", name)}


@pytest.mark.parametrize("fields", [{"limits": {"ram": 1}}, {"limits": 5}, {"sandbox": 1}, {"sandbox": None}])
def test_what_is_no_limit_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NewJob.model_validate({"command": "true"} | fields)


@pytest.mark.parametrize(("name", "key"), KEYS.items())
def test_whatever_the_config_may_say_a_job_may_say_as_well(name: str, key: str) -> None:
    smallest = 1 if NUMBERS[key].whole else 1e-9
    for value in (smallest, NUMBERS[key].maximum):
        NewJob.model_validate({"command": "true", "limits": {name: NUMBERS[key].check(value)}})
