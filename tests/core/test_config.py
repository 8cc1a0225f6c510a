"""Settings kept in the database: bounds, and that they count at once."""

import math

import pytest

from queuectl_core.config import SETTINGS
from queuectl_core.errors import InvalidConfigValue, UnknownConfigKey
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.store import Store


def test_settings_have_their_defaults_until_set(store: Store) -> None:
    assert {item.setting.key: item.value for item in store.config.all()} == {
        key: setting.default for key, setting in SETTINGS.items()
    }
    assert store.config.get("max-retries").updated_at is None


def test_a_change_counts_for_jobs_that_wait_already(store: Store) -> None:
    job_id = store.queue.enqueue(NewJob(command="true"))
    own = store.queue.enqueue(NewJob(command="true", max_retries=1))
    store.config.set("max-retries", 7)
    assert store.jobs.get(job_id).max_retries == 7
    assert store.jobs.get(own).max_retries == 1


@pytest.mark.parametrize("value", [-1, 1001, 1.5, math.nan, math.inf, "3", None, True, [3]])
def test_a_value_out_of_bounds_is_refused_and_changes_nothing(store: Store, value: object) -> None:
    with pytest.raises(InvalidConfigValue, match="max-retries must be a whole number from 0 to 1000"):
        store.config.set("max-retries", value)
    assert store.config.get("max-retries").value == 3


def test_an_unknown_key_names_the_known_ones(store: Store) -> None:
    with pytest.raises(UnknownConfigKey, match="max-retries, backoff-base"):
        store.config.set("max_retries", 1)
