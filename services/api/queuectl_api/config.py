"""Settings that can be changed while everything runs."""

from fastapi import APIRouter

from queuectl_api.access import Queue
from queuectl_api.authentication import VIEWER, Admin
from queuectl_api.bodies import json_body
from queuectl_api.problems import documented
from queuectl_api.schemas import ConfigItem, ConfigList, NewValue
from queuectl_core.audit import Done
from queuectl_core.sqlite.store import Store

router = APIRouter(prefix="/config", tags=["config"], responses=documented(503, 507))


@router.get("", operation_id="listConfig", dependencies=[VIEWER])
async def list_config(queue: Queue) -> ConfigList:
    """List all settings with their bounds."""
    return ConfigList(items=[ConfigItem.of(item) for item in await queue.read(lambda store: store.config.all())])


@router.get("/{key}", operation_id="showConfig", dependencies=[VIEWER], responses=documented(404))
async def show(key: str, queue: Queue) -> ConfigItem:
    """One setting."""
    return ConfigItem.of(await queue.read(lambda store: store.config.get(key)))


@router.put(
    "/{key}",
    operation_id="setConfig",
    dependencies=[json_body()],
    responses=documented(404, 415, 422),
)
async def change(key: str, new: NewValue, by: Admin, queue: Queue) -> ConfigItem:
    """Set one setting; it counts from now on, for jobs that wait as well."""

    def write(store: Store) -> ConfigItem:
        before = store.config.get(key)
        after = store.config.set(key, new.value)
        if after.value != before.value:
            store.audit.record(by, Done.CONFIG, key, detail=f"from {before.value:.15g} to {after.value:.15g}")
        return ConfigItem.of(after)

    return await queue.write(write, by)
