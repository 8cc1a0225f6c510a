"""Settings of the worker (`QUEUECTL_…`), in addition to those that all services share."""

import os
import re
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from queuectl_core.model.new_job import NAME
from queuectl_core.settings import Settings
from queuectl_worker.slots import MAX_SLOTS

Seconds = Annotated[float, Field(ge=0, le=86400)]


class WorkerSettings(Settings):
    """`queues`: empty for all.

    `drain_grace`: seconds that commands may still run after the worker is told to stop; `kill_grace`: seconds between
    SIGTERM and SIGKILL. `command_uids`: the first of the uids that commands get, one each; None: they run as the
    worker's user.
    """

    concurrency: Annotated[int, Field(ge=1, le=MAX_SLOTS)] = os.cpu_count() or 1
    queues: Annotated[list[str], NoDecode] = Field(default_factory=list)
    drain_grace: Seconds = 30.0
    kill_grace: Seconds = 5.0
    command_uids: Annotated[int, Field(ge=1000, le=2**31)] | None = None

    @field_validator("heartbeat_timeout")
    @classmethod
    def _longer(cls, timeout: float, others: ValidationInfo) -> float:
        heartbeat = others.data.get("heartbeat", 0)
        if timeout < 2 * heartbeat:
            raise ValueError(f"must be at least twice QUEUECTL_HEARTBEAT, which is {heartbeat:g}")
        return timeout

    @field_validator("queues", mode="before")
    @classmethod
    def _names(cls, text: object) -> object:
        if not isinstance(text, str):
            return text
        names = [name.strip() for name in text.split(",") if name.strip()]
        if names == ["*"]:
            return []
        for name in names:
            if not re.fullmatch(NAME, name):
                raise ValueError(f"{name!r} is not the name of a queue")
        return names
