"""Settings from the environment (`QUEUECTL_…`) that all services share."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from queuectl_core.database_url import POSTGRES, SQLITE, database_name, is_remote


def _default_data_dir() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "queuectl"


SECRET = frozenset({"token", "database_url"})
"""Settings whose values are never printed."""


class Settings(BaseSettings):
    """Paths, heartbeats and logging. Durations are seconds."""

    model_config = SettingsConfigDict(env_prefix="QUEUECTL_", hide_input_in_errors=True)

    data_dir: Path = Field(default_factory=_default_data_dir)
    database_url: str = ""
    heartbeat: Annotated[float, Field(gt=0, le=3600)] = 5.0
    heartbeat_timeout: Annotated[float, Field(gt=0, le=86400)] = 30.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"  # log_lines.py reads it directly; here it is validated

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _supported(cls, url: str) -> str:
        if url and not url.startswith((SQLITE, *POSTGRES)):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return url

    @property
    def store_url(self) -> str:
        """The database URL, for `open_store`."""
        return self.database_url if is_remote(self.database_url) else f"{SQLITE}{self.database_path}"

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        url = self.database_url
        return Path(url.removeprefix(SQLITE)).absolute() if url else self.data_dir / "queue.db"

    @property
    def database_name(self) -> str:
        """The database for messages, without a password."""
        return database_name(self.store_url)

    @property
    def storage_dir(self) -> Path:
        """The directory whose free space the queue depends on, as far as it is on this host."""
        return self.data_dir if is_remote(self.database_url) else self.database_path.parent

    @property
    def log_url(self) -> str:
        """The URL of the output of attempts, for `open_log_store`."""
        return self.database_url if is_remote(self.database_url) else f"file://{self.data_dir}/logs"


def explain(refusal: ValidationError) -> str:
    """One line that names each invalid setting, its value unless secret, and what is expected."""
    return "; ".join(
        f"QUEUECTL_{str(error['loc'][0]).upper()}={'…' if error['loc'][0] in SECRET else error['input']}:"
        f" {error['msg'].removeprefix('Value error, ')}"
        for error in refusal.errors()
    )
