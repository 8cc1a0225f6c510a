"""Settings that can be changed while everything runs."""

from fastapi import APIRouter, Depends

from queuectl_api.access import Queue
from queuectl_api.problems import documented, json_only
from queuectl_api.schemas import ConfigItem, ConfigList, NewValue

router = APIRouter(prefix="/config", tags=["config"], responses=documented(503, 507))


@router.get("", operation_id="listConfig")
async def list_config(queue: Queue) -> ConfigList:
    """List all settings with their bounds."""
    return ConfigList(items=[ConfigItem.of(item) for item in await queue.read(lambda store: store.config.all())])


@router.get("/{key}", operation_id="showConfig", responses=documented(404))
async def show(key: str, queue: Queue) -> ConfigItem:
    """One setting."""
    return ConfigItem.of(await queue.read(lambda store: store.config.get(key)))


@router.put(
    "/{key}",
    operation_id="setConfig",
    dependencies=[Depends(json_only)],
    responses=documented(404, 415, 422),
)
async def change(key: str, new: NewValue, queue: Queue) -> ConfigItem:
    """Set one setting; it counts from now on, for jobs that wait as well."""
    return ConfigItem.of(await queue.write(lambda store: store.config.set(key, new.value)))
