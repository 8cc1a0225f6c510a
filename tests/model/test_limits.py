"""Resource limits: the lower one of the job and of the config applies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from queuectl_core.model.config import NUMBERS
from queuectl_core.model.limits import KEYS, effective
from queuectl_core.model.new_job import NewJob

numbers = st.sampled_from([1, 2, 3])


@given(own=st.dictionaries(st.sampled_from(list(KEYS)), numbers), config=st.fixed_dictionaries(
    {key: st.just(0) | numbers for key in KEYS.values()}
))  # fmt: skip
def test_the_lower_of_both_limits_applies(own: dict[str, float], config: dict[str, float]) -> None:
    both = {name: {own.get(name, 0), config[key]} - {0} for name, key in KEYS.items()}
    assert effective(own, config) == {name: min(given) for name, given in both.items() if given}


@pytest.mark.parametrize("name", list(KEYS))
@pytest.mark.parametrize("value", [0, -1, "1", True, 1e300, float("nan"), float("inf")])
def test_a_bad_limit_is_refused_and_named(name: str, value: object) -> None:
    with pytest.raises(ValidationError) as refusal:
        NewJob.model_validate({"command": "true", "limits": {name: value}})
    assert {error["loc"] for error in refusal.value.errors()} == {("limits", name)}


@pytest.mark.parametrize("fields", [{"limits": {"ram": 1}}, {"limits": 5}, {"sandbox": 1}])
def test_unknown_or_malformed_limits_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NewJob.model_validate({"command": "true"} | fields)


@pytest.mark.parametrize(("name", "key"), KEYS.items())
def test_a_job_accepts_any_limit_that_the_config_accepts(name: str, key: str) -> None:
    smallest = 1 if NUMBERS[key].whole else 1e-9
    for value in (smallest, NUMBERS[key].maximum):
        NewJob.model_validate({"command": "true", "limits": {name: NUMBERS[key].check(value)}})
