"""`make bench DATABASE=postgres`: measures PostgreSQL beside SQLite in one run, and compares with its goals.

`--quick` does less of everything.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import psycopg

from bench import batch, drain, enqueue, events, latency, postgres_peers, store_cost
from bench.figure import HEAD, Figure, percentile
from bench.server import Server, empty_queue, running_server
from bench.table import machine

TIMES = 3
BATCH = 1_000_000
HELD_SECONDS = 120.0
HELD_JOBS = 1_000_000
PEER_JOBS = 4_000


def main() -> None:
    """Measure and print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--held-seconds", type=float, default=HELD_SECONDS)
    given = parser.parse_args()
    times, part, held = (1, 10, 10.0) if given.quick else (TIMES, 1, given.held_seconds)
    measures: list[Callable[[], list[Figure]]]
    with running_server() as server:
        print(f"{machine()}, {server.name}", HEAD, sep="\n", flush=True)
        measures = [
            lambda: drains(server, drain.JOBS // part, times),
            lambda: costs(server, store_cost.JOBS // part, times),
            lambda: enqueues(server, enqueue.SECONDS / part, times),
            lambda: batches(server, BATCH // part),
            lambda: backlog(server, store_cost.JOBS // part, drain.BACKLOG // part),
            lambda: held_open(server, held, HELD_JOBS // part),
            lambda: beside_peers(server, PEER_JOBS // part, times),
            lambda: delays(server, 300 // part),
        ]
        for measure in measures:
            for figure in measure():
                print(figure.row(), flush=True)


def drains(server: Server, jobs: int, times: int) -> list[Figure]:
    """Goal 1."""
    ours, theirs = alternately(
        times,
        lambda: drain.drained(jobs, workers=1, slots=8, server=server),
        lambda: drain.drained(jobs, workers=1, slots=8),
    )
    note = f"{drain.spread(ours)}; SQLite {drain.spread(theirs)}"
    return [Figure(1, "drain, 1 worker of 8 slots / SQLite", ratio(ours, theirs), "x", 0.8, note=note)]


def costs(server: Server, jobs: int, times: int) -> list[Figure]:
    """Goal 2, unless the server was there before."""
    if server.pid is None:
        return []
    costs = [store_cost.cost(jobs, server=server) for _ in range(times)]
    median = sorted(costs, key=lambda cost: cost.total)[times // 2]
    return [Figure(2, "CPU of claim and report, 8 at a time", median.total, "µs", 150, most=True, note=str(median))]


def enqueues(server: Server, seconds: float, times: int) -> list[Figure]:
    """Goal 3."""
    ours, theirs = alternately(times, lambda: enqueue.rate(16, seconds, server), lambda: enqueue.rate(16, seconds))
    note = f"{drain.spread(ours)}; SQLite {drain.spread(theirs)}"
    return [Figure(3, "enqueue one by one, 16 connections / SQLite", ratio(ours, theirs), "x", 1.0, note=note)]


def batches(server: Server, lines: int) -> list[Figure]:
    """Goal 3."""
    ours, theirs = batch.rate(lines, server), batch.rate(lines)
    note = f"{ours:,.0f} against {theirs:,.0f} jobs/s"
    return [Figure(3, f"one batch of {lines:,} / SQLite", ours / theirs, "x", 0.5, note=note)]


def backlog(server: Server, jobs: int, others: int) -> list[Figure]:
    """Goal 4: by CPU time, or by time if the server's is unknown."""
    without, with_others = store_cost.cost(jobs, server=server), store_cost.cost(jobs, backlog=others, server=server)
    times = without.rate / with_others.rate if server.pid is None else with_others.total / without.total
    note = f"{with_others}; without {without}"
    return [Figure(4, f"cost with 3 x {others:,} others / without", times, "x", 1.15, most=True, note=note)]


def held_open(server: Server, seconds: float, jobs: int) -> list[Figure]:
    """Goal 5: the rate in the last quarter of the time, with and without another transaction that stays open."""
    without, held = (rate_at_the_end(server, seconds, jobs, hold=hold) for hold in (False, True))
    note = f"{held:,.0f} against {without:,.0f} jobs/s"
    return [Figure(5, f"a transaction open for {seconds:,.0f} s / none", held / without, "x", 0.5, note=note)]


def rate_at_the_end(server: Server, seconds: float, jobs: int, *, hold: bool) -> float:
    """Jobs per second, claimed and reported without commands."""
    with empty_queue(server) as queue:
        store_cost.fill(queue, jobs)
        with open_transaction(queue.url) if hold else nullcontext():
            steps = enqueue.apart(store_cost.work, queue, store_cost.BATCH, jobs, seconds)
    done, ended, _ = steps[-1]
    earlier, then, _ = next(step for step in steps if step[1] > ended - seconds / 4)
    return float(done - earlier) / (ended - then)


@contextmanager
def open_transaction(url: str) -> Iterator[None]:
    """A transaction with a snapshot, because of which no dead row can be removed."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SELECT pg_current_xact_id()")
        yield


def beside_peers(server: Server, jobs: int, times: int) -> list[Figure]:
    """Goal 6, if they are installed: jobs claimed and reported without commands."""
    if not postgres_peers.installed():
        print("Left out (6): run bench/install-peers to compare with other queues in PostgreSQL.", file=sys.stderr)
        return []
    ours, procrastinate, graphile_worker = alternately(
        times,
        lambda: store_cost.cost(jobs, server=server).rate,
        lambda: postgres_peers.procrastinate(jobs, server),
        lambda: postgres_peers.graphile_worker(jobs, server),
    )
    return [
        beside_peer("procrastinate", ours, procrastinate, 10),
        beside_peer("graphile-worker", ours, graphile_worker, 2),
    ]


def beside_peer(name: str, ours: list[float], theirs: list[float], goal: float) -> Figure:
    """Goal 6 for one of them."""
    note = f"{drain.spread(ours)}; {name} {drain.spread(theirs)}"
    return Figure(6, f"no-op jobs, 8 at a time / {name}", ratio(ours, theirs), "x", goal, note=note)


def delays(server: Server, times: int) -> list[Figure]:
    """Goals 7 and 8."""
    seen, begun = events.until_read(times, server), latency.until_first_instruction(times, server)
    note = f"p50 {percentile(seen, 0.5):.1f} ms"
    return [
        Figure(7, "commit → event read elsewhere, p99", percentile(seen, 0.99), "ms", 100, most=True, note=note),
        Figure(8, "enqueue → first instruction, p50", percentile(begun, 0.5), "ms", 10, most=True),
    ]


def alternately(times: int, *measures: Callable[[], float]) -> list[list[float]]:
    """What each returns, several times."""
    rounds = [[measure() for measure in measures] for _ in range(times)]
    return [list(each) for each in zip(*rounds, strict=True)]


def ratio(ours: list[float], theirs: list[float]) -> float:
    """Of the medians."""
    return statistics.median(ours) / statistics.median(theirs)


if __name__ == "__main__":
    main()
