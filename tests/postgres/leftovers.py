"""What is left in a database on which nothing runs."""

import psycopg

from queuectl_core.logs.open import open_log_store
from tests.postgres.opened import open_store

NOTHING_LEFT = {
    "worker": "SELECT id FROM worker",
    "heartbeat": "SELECT worker FROM presence",
    "usage": "SELECT worker FROM usage",
    "log of a deleted job": "SELECT DISTINCT seq FROM log_chunk WHERE NOT EXISTS"
    " (SELECT 1 FROM job WHERE job.seq = log_chunk.seq)",
}
"""What must not be in the database when no worker runs any more: each with a query that finds it."""


def left_in_database(url: str) -> list[str]:
    """What nobody needs any more, in words."""
    with psycopg.connect(url) as connection:
        return [
            f"{what} {row[0]} is left in the database"
            for what, query in NOTHING_LEFT.items()
            for row in connection.execute(query)
        ]


def sweep(url: str) -> None:
    """Remove the logs of deleted jobs, as the API does each hour."""
    with open_store(url) as store:
        open_log_store(url).sweep(store.jobs.existing)
