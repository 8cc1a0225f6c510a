"""Settings kept in the database: bounds, and that they count at once."""

import math
import sqlite3
from pathlib import Path

import pytest

from queuectl_core.config import NUMBERS, SETTINGS
from queuectl_core.errors import InvalidConfigValue, UnknownConfigKey
from queuectl_core.migrate import migrate
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


def test_a_setting_may_be_a_list(store: Store) -> None:
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
        (["make *", "ls *.mov"], "value.1", r"must be one line without '\*', a program's name"),
        (["make *", "true", 5], "value.2", "valid string"),
        (["x" * 1001], "value.0", "at most 1000 characters"),
        (["true"] * 101, "value", "at most 100 items"),
    ],
)
def test_a_list_that_is_wrong_is_refused_and_the_entry_named(
    store: Store, value: object, field: str, message: str
) -> None:
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


def test_numbers_of_an_older_version_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = tmp_path / "queue.db"
    with monkeypatch.context() as patch:
        patch.setattr("queuectl_core.migrate.SCHEMA_VERSION", "0005")
        migrate(database)
    old = {"max-retries": 7.0, "backoff-jitter": 0.1, "limit-memory": 2.0**50 - 1, "retention": 1 / 3}
    with sqlite3.connect(database) as connection:
        connection.executemany("INSERT INTO config VALUES (?, ?, 5)", old.items())
    connection.close()
    migrate(database)
    with Store(database, durable=False) as store:
        assert {key: store.config.get(key).value for key in old} == old
        assert store.config.numbers() == {key: known.default for key, known in NUMBERS.items()} | old
        assert store.config.get("retention").updated_at == 5


def test_an_unknown_key_names_the_known_ones(store: Store) -> None:
    with pytest.raises(UnknownConfigKey, match="max-retries, backoff-base"):
        store.config.set("max_retries", 1)
