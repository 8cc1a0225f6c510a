"""The settings stored in the database."""

import json
import time
from collections.abc import Mapping
from typing import Any

from queuectl_core.model.config import NUMBERS, SETTINGS, ConfigValue, setting
from queuectl_core.model.event import EventType
from queuectl_core.store.change_log import ChangeLog
from queuectl_core.store.dialect import marks
from queuectl_core.store.session import Session

_NUMBERS = f"SELECT key, value FROM config WHERE key IN ({marks(len(NUMBERS))})"


class Config:
    """Reads and changes the settings of `queuectl config`."""

    def __init__(self, session: Session, change_log: ChangeLog) -> None:
        self._session = session
        self._change_log = change_log

    def numbers(self) -> dict[str, float]:
        """The current values of all numeric settings, by key. Does not read other settings, which may be long."""
        return with_defaults({key: _read(value) for key, value in self._session.recall(_NUMBERS, tuple(NUMBERS))})

    def all(self) -> list[ConfigValue]:
        """All settings with their current values."""
        stored = {row[0]: row for row in self._session.rows("SELECT key, value, updated_at FROM config")}
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
        """Change a setting; raises UnknownConfigKey, InvalidConfigValue."""
        checked = setting(key).check(value)
        with self._session.transaction():
            self._session.execute(
                "INSERT INTO config (key, value, updated_at) VALUES (?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
                (key, json.dumps(checked), time.time()),
            )
            self._change_log.tell(EventType.CONFIG, key, "changed")
        return self.get(key)

    def unset(self, key: str) -> ConfigValue:
        """Reset a setting to its default; raises UnknownConfigKey."""
        setting(key)
        with self._session.transaction():
            if self._session.execute("DELETE FROM config WHERE key = ?", (key,)):
                self._change_log.tell(EventType.CONFIG, key, "changed")
        return self.get(key)


def with_defaults(stored: Mapping[str, float]) -> dict[str, float]:
    """The values of all numeric settings, of which some are stored."""
    return {key: stored.get(key, known.default) for key, known in NUMBERS.items()}


def _read(stored: float | str) -> Any:
    """From JSON text; SQLite returns numbers as numbers."""
    return json.loads(stored) if isinstance(stored, str) else stored
