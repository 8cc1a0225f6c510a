"""The settings kept in the database."""

import time

from queuectl_core.config import SETTINGS, ConfigValue, setting
from queuectl_core.event import Kind
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.journal import Journal


class Config:
    """Reads and changes the settings of `queuectl config`."""

    def __init__(self, db: Database, journal: Journal) -> None:
        self._db = db
        self._journal = journal

    def values(self) -> dict[str, float]:
        """Every setting's value now, by key."""
        values = {key: setting.default for key, setting in SETTINGS.items()}
        values.update(row for row in self._db.rows("SELECT key, value FROM config") if row[0] in values)
        return values

    def all(self) -> list[ConfigValue]:
        """Every setting with what it means."""
        stored = {row[0]: row for row in self._db.rows("SELECT key, value, updated_at FROM config")}
        return [
            ConfigValue(known, *(stored[key][1:] if key in stored else (known.default, None)))
            for key, known in SETTINGS.items()
        ]

    def get(self, key: str) -> ConfigValue:
        """One setting; raises UnknownConfigKey."""
        known = setting(key)
        return next(item for item in self.all() if item.setting is known)

    def set(self, key: str, value: object) -> ConfigValue:
        """Change a setting; raises UnknownConfigKey, or InvalidConfigValue where it is out of bounds."""
        checked = setting(key).check(value)
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO config (key, value, updated_at) VALUES (?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
                (key, checked, time.time()),
            )
            self._journal.tell(Kind.CONFIG, key, "changed")
        return self.get(key)
