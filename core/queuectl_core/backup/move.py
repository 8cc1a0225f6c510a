"""Moving a queue into another database: a backup of one, restored into the other."""

from pathlib import Path
from tempfile import TemporaryFile

from queuectl_core.backup.archive import backup
from queuectl_core.backup.restore import Restored, restore
from queuectl_core.logs.open import open_log_store
from queuectl_core.model.actor import Actor
from queuectl_core.model.errors import NotMoved
from queuectl_core.model.role import Role
from queuectl_core.store.open import open_store

MOVER = Actor("queuectl-migrate", Role.ADMIN, "localhost")


def move(source: tuple[str, str], target: tuple[str, str], data_dir: Path) -> Restored:
    """Copy all jobs with their history and output, and all settings, into a database without jobs.

    `source`, `target`: the URLs of database and logs. `data_dir`: has room for a backup of the source. The
    source is not changed. Tokens, sessions and the audit log stay where they are. Raises NotMoved if workers use the
    source or the target holds jobs, and what `backup` and `restore` raise.
    """
    (source_url, source_logs), (target_url, target_logs) = source, target
    with open_store(source_url, durable=False) as store:
        if workers := store.workers.all():
            raise NotMoved(f"{len(workers)} workers use the old database: stop all its services first")
    with open_store(target_url, durable=False) as store:
        if jobs := sum(store.jobs.counts().values()):
            raise NotMoved(f"the new database holds {jobs} jobs: a queue is moved into an empty one")
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryFile(dir=data_dir) as tar:
        tar.writelines(backup(source_url, open_log_store(source_logs), data_dir))
        tar.seek(0)
        logs = open_log_store(target_logs)
        return restore(tar, target_url, logs, data_dir, _of_this_version, 0, MOVER, lambda store: None)


def _of_this_version(_: Path) -> None:
    """A backup that was just made needs no migration."""
