"""Defers JOBS no-op jobs of procrastinate, runs a worker until none is left, and prints how many seconds it took.

From the first claim to the last job's end. Runs in its environment, with the database in DATABASE_URL: see
bench/postgres_peers.py.
"""

import asyncio
import os
import sys

import psycopg
from procrastinate import App, PsycopgConnector

URL = os.environ["DATABASE_URL"]
SECONDS = """
SELECT extract(epoch FROM max(at) - min(at)) AS seconds FROM procrastinate_events
WHERE type IN ('started', 'succeeded') HAVING count(*) FILTER (WHERE type = 'succeeded') = %(jobs)s
"""


def main() -> None:
    """Measure, print."""
    print(asyncio.run(seconds(int(sys.argv[1]))))


async def seconds(jobs: int) -> float:
    """As its events tell; an error if not all have succeeded."""
    app = App(connector=PsycopgConnector(conninfo=URL, max_size=10))  # by default 4, for 8 jobs at a time
    noop = app.task(do_nothing, name="noop")
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await noop.batch_defer_async(*[{}] * jobs)
        async with await psycopg.AsyncConnection.connect(URL, autocommit=True) as connection:
            await connection.execute("VACUUM ANALYZE")
        await app.run_worker_async(concurrency=8, wait=False)
        return float((await app.connector.execute_query_one_async(SECONDS, jobs=jobs))["seconds"])


async def do_nothing() -> None:
    """The task."""
