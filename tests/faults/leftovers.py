"""What nobody needs any more, in words."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from queuectl_core.model.filter import Filter
from tests.opened import opened
from tests.running import PATIENCE_SECONDS

KNOWN = re.compile(r"queue\..*|logs|run_log")


def remaining(look: Callable[[], list[str]], patience: float = PATIENCE_SECONDS) -> list[str]:
    """What is still there when there was time enough for it to go."""
    deadline = time.monotonic() + patience
    while (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def unneeded_files(data_dir: Path) -> list[str]:
    """In a data directory on which nothing runs: logs of deleted jobs, and files of workers that are gone."""
    return _logs_of_deleted(data_dir) + _others(data_dir)


def _logs_of_deleted(data_dir: Path) -> list[str]:
    with opened(data_dir / "queue.db") as store:
        kept, cursor = set[int](), None
        while True:
            page = store.jobs.page(Filter(), limit=500, cursor=cursor)
            kept |= {job.seq for job in page.items}
            if (cursor := page.next_cursor) is None:
                break
    logs = sorted((data_dir / "logs").rglob("*-*.*"))
    return [f"{log.name} is the log of a deleted job" for log in logs if int(log.name.split("-")[0]) not in kept]


def _others(data_dir: Path) -> list[str]:
    kinds = ("queue.workers", "queue.usage")
    workers = [f"{path.name} is a dead worker's file" for kind in kinds for path in sorted((data_dir / kind).glob("*"))]
    return workers + [f"{path.name} is not known" for path in data_dir.iterdir() if not KNOWN.fullmatch(path.name)]
