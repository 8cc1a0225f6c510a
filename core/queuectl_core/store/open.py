"""Opening a store by the URL of its database."""

from pathlib import Path

from queuectl_core.database_url import SQLITE, is_remote
from queuectl_core.host_lock import HostLocks
from queuectl_core.store.driver import Driver
from queuectl_core.store.store import Store


def open_store(url: str, *, durable: bool, busy_seconds: float | None = None, data_dir: Path | None = None) -> Store:
    """Open the database at `url` (`sqlite:///PATH` or `postgresql://…`), which must exist by the time of the first use.

    `durable`: a commit is on disk when it returns; otherwise a power cut may undo the last commits. In PostgreSQL every
    commit is durable. `busy_seconds`: how long to wait for other writers; None: the default. `data_dir`: with
    PostgreSQL, the directory of this host's workers; None: there are none, or they are not known here.
    """
    given = {} if busy_seconds is None else {"busy_seconds": busy_seconds}
    return Store(_driver(url, data_dir, durable=durable, given=given))


def _driver(url: str, data_dir: Path | None, *, durable: bool, given: dict[str, float]) -> Driver:
    # Imported here: a process loads only the driver it uses.
    if is_remote(url):
        from queuectl_core.postgres.driver import PostgresDriver

        return PostgresDriver(url, data_dir and _host_lock_dir(data_dir), **given)
    from queuectl_core.sqlite.driver import SqliteDriver

    return SqliteDriver(_path(url), durable=durable, **given)


def open_host_locks(url: str, data_dir: Path) -> HostLocks:
    """The locks of the workers on this host, for the database at `url`. `data_dir`: see `open_store`."""
    if is_remote(url):
        return HostLocks(_host_lock_dir(data_dir))
    from queuectl_core.sqlite.driver import host_lock_dir

    return HostLocks(host_lock_dir(_path(url)))


def _host_lock_dir(data_dir: Path) -> Path:
    return data_dir / "workers"


def _path(url: str) -> Path:
    return Path(url.removeprefix(SQLITE))
