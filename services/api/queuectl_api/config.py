"""Settings that can be changed at runtime."""

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Discriminator, Field, TypeAdapter, WithJsonSchema

from queuectl_api.access import Access, QueueAccess
from queuectl_api.authentication import VIEWER, Admin
from queuectl_api.content_type import json_body
from queuectl_api.credentials import RequestActor
from queuectl_api.fields import Instant
from queuectl_api.problems import documented
from queuectl_core.model.audit import Done, shortened
from queuectl_core.model.config import ConfigValue, Number, Value
from queuectl_core.model.new_job import COMMANDS_BYTES
from queuectl_core.store.store import Store

router = APIRouter(prefix="/config", tags=["config"], responses=documented(503, 507))


class _Setting(BaseModel):
    key: str
    description: str
    updated_at: Instant | None = Field(description="null: it has its default value.")


class NumberSetting(_Setting):
    """A setting that is a number."""

    type: Literal["number"]
    value: float = Field(examples=[3])
    default: float
    unit: str
    minimum: float
    maximum: float


class CommandsSetting(_Setting):
    """A setting that is a list of commands, like `commands` of a queue; null: all commands. It has no bounds."""

    type: Literal["commands"]
    value: list[str] | None = Field(examples=[["make *", "/srv/nightly.sh"]])
    default: list[str] | None
    unit: str | None
    minimum: float | None
    maximum: float | None


ConfigItem = Annotated[NumberSetting | CommandsSetting, Discriminator("type")]
"""A setting that can be changed at runtime."""


def config_item(item: ConfigValue) -> NumberSetting | CommandsSetting:
    """Of the core's setting and its value."""
    known = item.setting
    common: dict[str, Any] = {
        "key": known.key,
        "description": known.description,
        "updated_at": item.updated_at,
        "value": item.value,
        "default": known.default,
    }
    if isinstance(known, Number):
        bounds = {"unit": known.unit, "minimum": known.minimum, "maximum": known.maximum}
        return NumberSetting(type="number", **common, **bounds)
    return CommandsSetting(type="commands", **common, unit=None, minimum=None, maximum=None)


class ConfigList(BaseModel):
    """All settings."""

    items: list[ConfigItem]


class NewValue(BaseModel):
    """A setting's new value."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"value": 5}]})

    value: Annotated[Any, WithJsonSchema(TypeAdapter(float | list[str] | None).json_schema())] = Field(
        description="Of the setting's type."
    )


@router.get("", operation_id="listConfig", dependencies=[VIEWER])
async def list_config(access: QueueAccess) -> ConfigList:
    """List all settings with their bounds."""
    return ConfigList(items=[config_item(item) for item in await access.read(lambda store: store.config.all())])


@router.get("/{key}", operation_id="showConfig", dependencies=[VIEWER], responses=documented(404))
async def show(key: str, access: QueueAccess) -> ConfigItem:
    """One setting."""
    return config_item(await access.read(lambda store: store.config.get(key)))


@router.put(
    "/{key}",
    operation_id="setConfig",
    dependencies=[json_body(COMMANDS_BYTES)],
    responses=documented(404, 415),
)
async def change(key: str, new: NewValue, actor: Admin, access: QueueAccess) -> ConfigItem:
    """Set one setting. Changes apply immediately, including to pending jobs."""
    return await _changed(key, actor, access, lambda store: store.config.set(key, new.value))


@router.delete("/{key}", operation_id="unsetConfig", responses=documented(404))
async def unset(key: str, actor: Admin, access: QueueAccess) -> ConfigItem:
    """Reset one setting to its default."""
    return await _changed(key, actor, access, lambda store: store.config.unset(key))


async def _changed(key: str, actor: RequestActor, access: Access, verb: Callable[[Store], ConfigValue]) -> ConfigItem:
    """The setting after `verb`; in the audit log if its value has changed."""

    def write(store: Store) -> ConfigItem:
        before = store.config.get(key)
        after = verb(store)
        if after.value != before.value:
            default = "its default, " if after.updated_at is None else ""
            detail = f"from {_shown(before.value)} to {default}{_shown(after.value)}"
            store.audit.record(actor, Done.CONFIG, key, detail=detail)
        return config_item(after)

    return await access.write(write, actor)


def _shown(value: Value) -> str:
    """A value for the audit log; only the beginning of a long list."""
    if isinstance(value, float | int):
        return f"{value:.15g}"
    return shortened(json.dumps(value), len(value or []))
