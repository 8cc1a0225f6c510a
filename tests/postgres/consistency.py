"""Compares what is derived from jobs (the line, counts, series, counters, attempts) with the jobs themselves."""

import psycopg

from queuectl_core.model.counters import FLOWS

_READY = """
SELECT 'ready', seq, queue, rank::text, lock, expected_queue, expected_rank::text, expected_lock FROM ready FULL JOIN (
    SELECT seq, queue AS expected_queue, -priority AS expected_rank, lock AS expected_lock FROM job WHERE due = 1
) AS expected USING (seq)
WHERE (queue, rank, lock) IS DISTINCT FROM (expected_queue, expected_rank, expected_lock)
"""
_WAITING = """
SELECT 'waiting', seq, at, next_run_at FROM waiting FULL JOIN (
    SELECT seq, next_run_at FROM job WHERE due = 0
) AS expected USING (seq) WHERE at IS DISTINCT FROM next_run_at
"""
_DUE = """
SELECT 'due', seq, state, due, next_run_at, finished_at FROM job
WHERE (due IS NOT NULL) <> (state IN ('pending', 'failed')) OR (next_run_at IS NOT NULL) <> (due IS NOT NULL)
    OR (finished_at IS NOT NULL) <> (state IN ('completed', 'dead', 'cancelled'))
    OR (cancelling = 1 AND state <> 'processing')
"""
_TALLY = """
SELECT 'tally', queue, state, kept.jobs, counted.jobs FROM (
    SELECT queue, state, sum(jobs) AS jobs FROM tally GROUP BY queue, state
) AS kept FULL JOIN (
    SELECT queue, state, count(*) AS jobs FROM job GROUP BY queue, state
) AS counted USING (queue, state) WHERE coalesce(kept.jobs, 0) <> coalesce(counted.jobs, 0)
"""
_WAITING_SERIES = """
SELECT 'series of waiting', queue, kept.jobs, counted.jobs FROM (
    SELECT queue, sum(number) AS jobs FROM series WHERE measure = 'waiting' GROUP BY queue
) AS kept FULL JOIN (
    SELECT queue, count(*) AS jobs FROM job WHERE state IN ('pending', 'failed') GROUP BY queue
) AS counted USING (queue) WHERE coalesce(kept.jobs, 0) <> coalesce(counted.jobs, 0)
"""
_COUNTERS = """
SELECT 'counter', queue, measure, counted.number, happened.number FROM (
    SELECT queue, measure, sum(number) AS number FROM (
        SELECT * FROM counter UNION ALL SELECT * FROM counter_increment
    ) AS both_tables WHERE measure = ANY(%(flows)s) GROUP BY queue, measure
) AS counted FULL JOIN (
    SELECT queue, measure, sum(number) AS number FROM series WHERE measure = ANY(%(flows)s) GROUP BY queue, measure
) AS happened USING (queue, measure) WHERE coalesce(counted.number, 0) <> coalesce(happened.number, 0)
"""
_ATTEMPTS = """
SELECT 'attempts', seq, state, attempt, made.number, made.running FROM job LEFT JOIN (
    SELECT seq, count(*) AS number, count(*) FILTER (WHERE outcome = 'processing') AS running FROM attempt GROUP BY seq
) AS made USING (seq)
WHERE attempt <> coalesce(made.number, 0) OR coalesce(made.running, 0) <> (state = 'processing')::int
"""
_LEASES = """
SELECT 'no worker', seq, worker FROM job WHERE state = 'processing' AND worker NOT IN (SELECT id FROM worker)
"""


def contradictions(url: str) -> list[tuple[object, ...]]:
    """What is derived from jobs and is wrong, while nobody writes; empty if all is right."""
    with psycopg.connect(url) as connection:
        return [
            row
            for query in (_READY, _WAITING, _DUE, _TALLY, _WAITING_SERIES, _COUNTERS, _ATTEMPTS, _LEASES)
            for row in connection.execute(query, {"flows": sorted(FLOWS)})
        ]
