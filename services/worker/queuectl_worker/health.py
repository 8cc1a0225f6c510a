"""`python -m queuectl_worker.health`: exit 0 where a worker of this host is registered and alive."""

import socket
import sys

from queuectl_core.errors import QueueError
from queuectl_core.sqlite.store import Store
from queuectl_worker.settings import WorkerSettings


def main() -> None:
    """For the container's health check."""
    try:
        with Store(WorkerSettings().database_path, durable=False) as store:
            alive = {worker.host for worker in store.workers.all() if store.workers.lives(worker.id)}
    except QueueError as fault:
        sys.exit(str(fault))
    sys.exit(0 if socket.gethostname() in alive else "no worker of this host is alive")


if __name__ == "__main__":
    main()
