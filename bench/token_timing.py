"""`python -m bench.token_timing`: whether response times reveal how much of a wrong token is correct.

Sends requests to a real API in random order, with a completely wrong token and with one that is correct except for its
last character. Prints both means and Welch's t; a value beyond ±4.5 would mean that they differ.
"""

import argparse
import math
import random
import statistics
import tempfile
import time
from pathlib import Path

import httpx

from queuectl_core.model.token import new_secret
from tests.running import migrate, running_api


def main() -> None:
    """Start an API, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=10_000)
    samples: int = parser.parse_args().samples
    secret = new_secret()
    with tempfile.TemporaryDirectory(prefix="queuectl-bench-") as directory:
        migrate(Path(directory))
        with running_api(Path(directory), api_processes=1, token=secret) as url:
            taken = measure(url, {"all wrong": new_secret(), "all but the last right": nearly(secret)}, samples)
    print("| token | samples | mean | median | deviation |\n| --- | --- | --- | --- | --- |")
    for name, times in taken.items():
        mean, median, deviation = statistics.fmean(times), statistics.median(times), statistics.stdev(times)
        print(f"| {name} | {len(times)} | {mean:.1f} µs | {median:.1f} µs | {deviation:.1f} µs |")
    one, other = taken.values()
    print(f"\nWelch's t = {t(one, other):+.2f}")


def nearly(secret: str) -> str:
    """The secret with a different last character."""
    return secret[:-1] + ("A" if secret[-1] != "A" else "B")


def measure(url: str, tokens: dict[str, str], samples: int) -> dict[str, list[float]]:
    """The response times in microseconds, without the slowest 5 %, which other processes delayed."""
    order = [name for name in tokens for _ in range(samples)]
    random.shuffle(order)
    taken: dict[str, list[float]] = {name: [] for name in tokens}
    headers = {name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()}
    with httpx.Client(base_url=url) as client:
        for _ in range(500):
            client.get("/api/session", headers=headers[order[0]])
        for name in order:
            began = time.perf_counter_ns()
            client.get("/api/session", headers=headers[name])
            taken[name].append((time.perf_counter_ns() - began) / 1000)
    return {name: sorted(times)[: len(times) * 19 // 20] for name, times in taken.items()}


def t(one: list[float], other: list[float]) -> float:
    """Welch's t-statistic."""
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return (statistics.fmean(one) - statistics.fmean(other)) / math.sqrt(spread)


if __name__ == "__main__":
    main()
