"""Settings in the database: their bounds, and that changes apply immediately."""

import math

import pytest

from queuectl_core.model.config import NUMBERS, SETTINGS
from queuectl_core.model.errors import InvalidConfigValue, UnknownConfigKey
from queuectl_core.model.new_job import NewJob
from queuectl_core.store.store import Store


def test_settings_have_their_defaults_until_set(store: Store) -> None:
    assert {item.setting.key: item.value for item in store.config.all()} == {
        key: setting.default for key, setting in SETTINGS.items()
    }
    assert store.config.get("max-retries").updated_at is None


def test_a_changed_setting_applies_to_pending_jobs(store: Store) -> None:
    job_id = store.enqueue(NewJob(command="true"))
    own = store.enqueue(NewJob(command="true", max_retries=1))
    store.config.set("max-retries", 7)
    assert store.jobs.get(job_id).max_retries == 7
    assert store.jobs.get(own).max_retries == 1


def test_a_setting_goes_back_to_its_default(store: Store) -> None:
    store.config.set("max-retries", 7)
    assert store.config.unset("max-retries") == store.config.unset("max-retries")
    item = store.config.get("max-retries")
    assert (item.value, item.updated_at) == (3, None)
    with pytest.raises(UnknownConfigKey, match="did you mean 'max-retries'"):
        store.config.unset("max-retires")


@pytest.mark.parametrize("value", [-1, 1001, 1.5, math.nan, math.inf, "3", None, True, [3]])
def test_a_value_out_of_bounds_is_refused_and_changes_nothing(store: Store, value: object) -> None:
    with pytest.raises(InvalidConfigValue, match="max-retries must be a whole number from 0 to 1000"):
        store.config.set("max-retries", value)
    assert store.config.get("max-retries").value == 3


def test_a_setting_can_be_a_list(store: Store) -> None:
    assert store.config.get("default-commands").value is None
    for value in (["make *", "/srv/nightly.sh 'ü' \"1\""], [], ["*"], ["5"], None):
        assert store.config.set("default-commands", value).value == value
        assert store.config.get("default-commands").value == value
    assert store.config.get("default-commands").updated_at is not None


@pytest.mark.parametrize(
    ("value", "field", "message"),
    [
        (5, "value", "valid list"),
        ("make *", "value", "valid list"),
        ({"make": 1}, "value", "valid list"),
        (["make *", "ls *.mov"], "value.1", r"must be one line without '\*', a program name"),
        (["make *", "true", 5], "value.2", "valid string"),
        (["x" * 1001], "value.0", "at most 1000 characters"),
        (["true"] * 101, "value", "at most 100 items"),
    ],
)
def test_an_invalid_list_is_refused_and_its_entry_named(store: Store, value: object, field: str, message: str) -> None:
    store.config.set("default-commands", ["true"])
    with pytest.raises(InvalidConfigValue, match=message) as refusal:
        store.config.set("default-commands", value)
    assert refusal.value.field == field
    assert store.config.get("default-commands").value == ["true"]


def test_the_numbers_are_read_without_the_rest(store: Store) -> None:
    store.config.set("default-commands", ["true"])
    store.config.set("backoff-base", 0.25)
    numbers = store.config.numbers()
    assert numbers["backoff-base"] == 0.25
    assert numbers.keys() == NUMBERS.keys()


def test_an_unknown_key_names_the_known_ones(store: Store) -> None:
    with pytest.raises(UnknownConfigKey, match="max-retries, backoff-base"):
        store.config.set("max_retries", 1)
