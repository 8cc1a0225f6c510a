"""Settings of the API (`QUEUECTL_…`), besides those that every part shares."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from queuectl_core.settings import Settings


class ApiSettings(Settings):
    """`bind`: addresses to listen on, with commas; `dashboard_dir`: the built page, served at / where given."""

    bind: str = "127.0.0.1:8000"
    api_processes: Annotated[int, Field(ge=1, le=64)] = 2
    dashboard_dir: Path | None = None

    @field_validator("bind")
    @classmethod
    def _addresses(cls, bind: str) -> str:
        for address in bind.split(","):
            host, _, port = address.strip().rpartition(":")
            if not host or not port.isdigit() or not 0 < int(port) < 65536:
                raise ValueError(f"must be HOST:PORT, or several with commas, not {bind!r}")
        return bind
