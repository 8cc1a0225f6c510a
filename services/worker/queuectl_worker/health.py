"""`python -m queuectl_worker.health`: exit 0 if a worker of this host is registered and alive."""

import socket
import sys

from queuectl_core.model.errors import QueueError
from queuectl_core.store.open import open_store
from queuectl_worker.settings import WorkerSettings


def main() -> None:
    """For the container's health check."""
    try:
        settings = WorkerSettings()
        with open_store(settings.store_url, durable=False, data_dir=settings.data_dir) as store:
            alive = {worker.host for worker in store.workers.all() if store.workers.alive(worker.id)}
    except QueueError as fault:
        sys.exit(str(fault))
    sys.exit(0 if socket.gethostname() in alive else "no worker of this host is alive")


if __name__ == "__main__":
    main()
