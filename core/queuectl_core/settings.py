"""Settings from the environment (`QUEUECTL_…`) that every part of the system shares."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _default_data_dir() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "queuectl"


SECRET = frozenset({"token"})
"""Settings whose values are printed nowhere."""


class Settings(BaseSettings):
    """Where the queue keeps its things, and how it judges who is alive. Durations are seconds."""

    model_config = SettingsConfigDict(env_prefix="QUEUECTL_", hide_input_in_errors=True)

    data_dir: Path = Field(default_factory=_default_data_dir)
    database_url: str = ""
    heartbeat: Annotated[float, Field(gt=0, le=3600)] = 5.0
    heartbeat_timeout: Annotated[float, Field(gt=0, le=86400)] = 30.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _sqlite(cls, url: str) -> str:
        if url and not url.startswith("sqlite:///"):
            raise ValueError("must begin with sqlite:/// (the only kind of database so far)")
        return url

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        url = self.database_url
        return Path(url.removeprefix("sqlite:///")).absolute() if url else self.data_dir / "queue.db"

    @property
    def log_dir(self) -> Path:
        """Where the output of attempts is kept."""
        return self.data_dir / "logs"


def explain(refusal: ValidationError) -> str:
    """One line that names each bad setting, its value unless that is secret, and what it must be."""
    return "; ".join(
        f"QUEUECTL_{str(error['loc'][0]).upper()}={'…' if error['loc'][0] in SECRET else error['input']}:"
        f" {error['msg'].removeprefix('Value error, ')}"
        for error in refusal.errors()
    )
