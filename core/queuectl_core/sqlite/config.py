"""The settings kept in the database."""

import json
import time
from typing import Any

from queuectl_core.config import NUMBERS, SETTINGS, ConfigValue, Value, setting
from queuectl_core.event import Kind
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.journal import Journal


class Config:
    """Reads and changes the settings of `queuectl config`."""

    def __init__(self, db: Database, journal: Journal) -> None:
        self._db = db
        self._journal = journal

    def numbers(self) -> dict[str, float]:
        """The value now of every setting that is a number, by key. Other values are not even read: they may be long."""
        values = {key: known.default for key, known in NUMBERS.items()}
        rows = self._db.rows("SELECT key, value FROM config WHERE typeof(value) <> 'text'")
        values.update(row for row in rows if row[0] in values)
        return values

    def all(self) -> list[ConfigValue]:
        """Every setting with what it means."""
        stored = {row[0]: row for row in self._db.rows("SELECT key, value, updated_at FROM config")}
        return [
            ConfigValue(known, _read(stored[key][1]), stored[key][2])
            if key in stored
            else ConfigValue(known, known.default, None)
            for key, known in SETTINGS.items()
        ]

    def get(self, key: str) -> ConfigValue:
        """One setting; raises UnknownConfigKey."""
        known = setting(key)
        return next(item for item in self.all() if item.setting is known)

    def set(self, key: str, value: object) -> ConfigValue:
        """Change a setting; raises UnknownConfigKey, or InvalidConfigValue where it cannot have this value."""
        checked = setting(key).check(value)
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO config (key, value, updated_at) VALUES (?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
                (key, _written(checked), time.time()),
            )
            self._journal.tell(Kind.CONFIG, key, "changed")
        return self.get(key)


def _written(value: Value) -> float | str:
    """A number as such, which is JSON as well; anything else as the text of its JSON."""
    return value if isinstance(value, float | int) else json.dumps(value)


def _read(stored: float | str) -> Any:
    return json.loads(stored) if isinstance(stored, str) else stored
