"""`queuectl-migrate`: creates the database, or upgrades it to this version's schema."""

import argparse
import logging
from pathlib import Path

from pydantic import ValidationError

from queuectl_core import log_lines
from queuectl_core.database_url import SQLITE, is_remote
from queuectl_core.logs.open import FILES
from queuectl_core.model.errors import QueueError
from queuectl_core.schema import SCHEMA_VERSION
from queuectl_core.settings import Settings, explain
from queuectl_core.sqlite import migrate as sqlite

log = logging.getLogger("queuectl.migrate")


def migrate(url: str) -> None:
    """Create or upgrade the database at `url`, as for `open_store`. A concurrent call waits, and then finds it done.

    Raises DatabaseUnusable if that is not possible, or the database was created by a newer version.
    """
    if url.startswith(SQLITE):
        sqlite.migrate(Path(url.removeprefix(SQLITE)))
    else:
        from queuectl_core.postgres import migrate as postgres  # psycopg is loaded only if it is used

        postgres.migrate(url)


def main() -> None:
    """Exit with status 0 when the database is ready, or 1 with a one-line reason."""
    options = _options()
    try:
        settings = Settings()
        log_lines.begin(settings.log_level)
        migrate(settings.store_url)
        if options.source:
            _move(options, settings)
        elif not is_remote(settings.store_url):
            sqlite.make_shrinkable(settings.database_path)
    except ValidationError as refusal:
        log_lines.end("queuectl-migrate", explain(refusal))
    except (QueueError, OSError) as fault:
        log_lines.end("queuectl-migrate", fault)
    log.info("database %s is ready (schema %s)", settings.database_name, SCHEMA_VERSION)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "queuectl-migrate", description="Create the database of QUEUECTL_DATABASE_URL, or upgrade it to this version."
    )
    parser.add_argument(
        "--from",
        dest="source",
        metavar="URL",
        help="copy a queue into the new, empty database: all jobs with their history and output, and all settings,"
        " without tokens and audit log; URL: sqlite:///PATH or postgresql://USER@HOST:PORT/NAME",
    )
    parser.add_argument(
        "--logs", metavar="DIRECTORY", help="the output of that queue; default: logs, next to its SQLite file"
    )
    return parser.parse_args()


def _move(options: argparse.Namespace, settings: Settings) -> None:
    from queuectl_core.backup.move import move  # only for this

    logs = _log_url(options.source, options.logs)
    moved = move((options.source, logs), (settings.store_url, settings.log_url), settings.data_dir)
    log.info("%d jobs and the output of %d attempts were copied", moved.jobs, moved.logs)


def _log_url(source: str, directory: str | None) -> str:
    if directory:
        return f"{FILES}{Path(directory).absolute()}"
    return source if is_remote(source) else f"{FILES}{Path(source.removeprefix(SQLITE)).absolute().parent}/logs"
