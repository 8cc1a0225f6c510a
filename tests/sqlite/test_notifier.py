"""The notifier file beside the database."""

import select
from contextlib import closing
from pathlib import Path

from queuectl_core.model.new_job import NewJob
from queuectl_core.store.notifier import Listener
from queuectl_core.store.store import Store


def is_woken(listener: Listener, within: float) -> bool:
    return bool(select.select([listener.fileno()], [], [], within)[0])


def test_a_removed_notifier_file_is_created_and_watched_again(store: Store, database: Path) -> None:
    with closing(store.listen()) as listener:
        database.with_suffix(".bell").unlink()
        assert is_woken(listener, within=10)
        listener.clear()
        store.close()  # it opens another file when it is used again
        store.enqueue(NewJob(command="true"))
        assert is_woken(listener, within=10)
