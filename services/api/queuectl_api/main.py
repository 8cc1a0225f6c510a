"""`queuectl-api`: checks the database, then runs the app under gunicorn."""

import ctypes
import logging
import signal
from itertools import count
from typing import Any, ClassVar

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger
from pydantic import ValidationError
from uvicorn_worker import UvicornWorker

from queuectl_api.protocol import raise_descriptors
from queuectl_api.settings import ApiSettings
from queuectl_api.shared import Shared
from queuectl_core import log_lines
from queuectl_core.model.errors import DatabaseUnusable, WrongDatabase
from queuectl_core.settings import explain
from queuectl_core.store.open import open_store

log = logging.getLogger("queuectl.api")

# At each stop, uvicorn has closed the sockets before gunicorn does.
logging.getLogger("gunicorn.error").addFilter(lambda record: record.msg != "Error while closing socket %s")

PR_SET_PDEATHSIG = 1

KEEP_ALIVE_SECONDS = 620
"""How long a connection may be idle. A proxy that keeps connections for longer than the API sends requests into
connections that the API has just closed: nginx and AWS keep them for 60 s, others for up to 600 s. Idle connections
cost little, and give way if there are too many."""


class Process(UvicornWorker):
    """One of gunicorn's processes. It ends within two seconds, even with open streams."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "queuectl_api.protocol:Protocol",
        "ws": "none",
        "proxy_headers": False,
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": 2,
    }


class Log(Logger):
    """The log of gunicorn, whose handlers uvicorn shares."""

    def setup(self, cfg: Config) -> None:
        """See Logger."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(log_lines.formatter())


class Server(BaseApplication):
    """Gunicorn with the app of `app.create`, created in each process."""

    shared: Shared

    def __init__(self, settings: ApiSettings) -> None:
        # Not before the settings are valid, and before the first fork: processes share what is loaded here, and one
        # that replaces another starts at once.
        from queuectl_api.app import create

        self.settings = settings
        self._create = create
        super().__init__()

    def load_config(self) -> None:
        """Pass our settings to gunicorn."""
        options = {
            "bind": [address.strip() for address in self.settings.bind.split(",")],
            "workers": self.settings.api_processes,
            "worker_class": "queuectl_api.main.Process",
            "loglevel": self.settings.log_level,
            "logger_class": Log,
            "graceful_timeout": 5,
            "keepalive": KEEP_ALIVE_SECONDS,
            "control_socket_disable": True,
            "pre_fork": self._before_fork,
            "post_fork": _begin,
        }
        # Twice as many: on a reload, the old processes end while the new ones run.
        self.shared = Shared(2 * self.settings.api_processes)
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The app of one process."""
        return self._create(self.settings, self.shared)

    def _before_fork(self, server: Arbiter, process: Any) -> None:
        """Give the next process a part of the shared memory that no live one has."""
        taken = {sibling.part for sibling in server.WORKERS.values()}
        process.part = next(part for part in count() if part not in taken)
        self.shared.take(process.part)


def _begin(_server: object, _process: object) -> None:
    """Kill this process when gunicorn's master is killed: it would keep the port from the next one."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    """Run until a signal; exit 1 with one line if the settings are invalid, or the database is the wrong one.

    If the database cannot be used for now, start all the same: answers then give the reason.
    """
    try:
        settings = ApiSettings()
        log_lines.begin(settings.log_level)
        raise_descriptors()
        with open_store(settings.store_url, durable=False) as store:
            store.check()
    except ValidationError as refusal:
        log_lines.end("queuectl-api", explain(refusal))
    except WrongDatabase as fault:
        log_lines.end("queuectl-api", fault)
    except DatabaseUnusable as fault:
        log.error("starting all the same: %s", fault)  # noqa: TRY400  # the reason is enough
    if not settings.authenticates:
        log.warning("QUEUECTL_AUTH=off: everybody who reaches %s may do everything, and run commands", settings.bind)
    Server(settings).run()
