"""`queuectl-api`: checks that the database is the right one, then runs the app under gunicorn."""

import ctypes
import logging
import signal
import sys
from typing import Any, ClassVar

from gunicorn.app.base import BaseApplication
from pydantic import ValidationError
from uvicorn_worker import UvicornWorker

from queuectl_api.log_lines import OneLine
from queuectl_api.protocol import raise_descriptors
from queuectl_api.settings import ApiSettings
from queuectl_core.errors import DatabaseUnusable, WrongDatabase
from queuectl_core.settings import explain
from queuectl_core.sqlite.store import Store

log = logging.getLogger("queuectl.api")

PR_SET_PDEATHSIG = 1


class Process(UvicornWorker):
    """One of gunicorn's processes. Open streams do not hold its end up for longer than two seconds."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "queuectl_api.protocol:Protocol",
        "ws": "none",
        "proxy_headers": False,
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": 2,
    }


class Server(BaseApplication):
    """Gunicorn with the app of `app.create`, made anew in each process."""

    def __init__(self, settings: ApiSettings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn our settings."""
        options = {
            "bind": [address.strip() for address in self.settings.bind.split(",")],
            "workers": self.settings.api_processes,
            "worker_class": "queuectl_api.main.Process",
            "loglevel": self.settings.log_level,
            "graceful_timeout": 5,
            "control_socket_disable": True,
            "post_fork": _begin,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The app of one process."""
        from queuectl_api.app import create

        return create(self.settings)


def _begin(_server: object, _process: object) -> None:
    """Have this process killed when gunicorn's parent process is: it would keep the port from the next one."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for handler in logging.getLogger("gunicorn.error").handlers:  # which are uvicorn's as well
        handler.setFormatter(OneLine())


def main() -> None:
    """Run until a signal; exit 1 with one line where the settings are no good, or the database never will be.

    A database that cannot be used just now does not keep it from starting: it then answers with the reason.
    """
    try:
        settings = ApiSettings()
        handler = logging.StreamHandler()
        handler.setFormatter(OneLine())
        logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
        raise_descriptors()
        with Store(settings.database_path, durable=False) as store:
            store.check()
    except ValidationError as refusal:
        sys.exit(f"queuectl-api: {explain(refusal)}")
    except WrongDatabase as fault:
        sys.exit(f"queuectl-api: {fault}")
    except DatabaseUnusable as fault:
        log.error("starting all the same: %s", fault)  # noqa: TRY400  # the reason says it all
    if not settings.authenticates:
        log.warning("QUEUECTL_AUTH=off: everybody who reaches %s may do everything, and run commands", settings.bind)
    Server(settings).run()
