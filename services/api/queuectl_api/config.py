"""Settings that can be changed while everything runs."""

import json

from fastapi import APIRouter

from queuectl_api.access import Queue
from queuectl_api.authentication import VIEWER, Admin
from queuectl_api.bodies import json_body
from queuectl_api.problems import documented
from queuectl_api.schemas import ConfigItem, ConfigList, NewValue, config_item
from queuectl_core.audit import Done, shortened
from queuectl_core.config import Value
from queuectl_core.new_job import COMMANDS_BYTES
from queuectl_core.sqlite.store import Store

router = APIRouter(prefix="/config", tags=["config"], responses=documented(503, 507))


@router.get("", operation_id="listConfig", dependencies=[VIEWER])
async def list_config(queue: Queue) -> ConfigList:
    """List all settings with their bounds."""
    return ConfigList(items=[config_item(item) for item in await queue.read(lambda store: store.config.all())])


@router.get("/{key}", operation_id="showConfig", dependencies=[VIEWER], responses=documented(404))
async def show(key: str, queue: Queue) -> ConfigItem:
    """One setting."""
    return config_item(await queue.read(lambda store: store.config.get(key)))


@router.put(
    "/{key}",
    operation_id="setConfig",
    dependencies=[json_body(COMMANDS_BYTES)],
    responses=documented(404, 415, 422),
)
async def change(key: str, new: NewValue, by: Admin, queue: Queue) -> ConfigItem:
    """Set one setting; it counts from now on, for jobs that wait as well."""

    def write(store: Store) -> ConfigItem:
        before = store.config.get(key)
        after = store.config.set(key, new.value)
        if after.value != before.value:
            store.audit.record(by, Done.CONFIG, key, detail=f"from {_told(before.value)} to {_told(after.value)}")
        return config_item(after)

    return await queue.write(write, by)


def _told(value: Value) -> str:
    """A value in the audit log; of a long list only the beginning."""
    if isinstance(value, float | int):
        return f"{value:.15g}"
    return shortened(json.dumps(value), len(value or []))
