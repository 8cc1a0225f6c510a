"""Prometheus histograms from counts per bucket that are not cumulative."""

from collections.abc import Sequence
from itertools import accumulate

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.utils import floatToGoString


class Histogram:
    """`bounds`: the upper bounds of the buckets in seconds; one more bucket takes everything longer."""

    def __init__(self, name: str, described: str, labels: Sequence[str], bounds: Sequence[float]) -> None:
        self.family = HistogramMetricFamily(name, described, labels=labels)
        self._bounds = [*map(floatToGoString, bounds), "+Inf"]

    def add(self, labels: Sequence[str], in_buckets: Sequence[float], seconds: float) -> None:
        """Add the counts per bucket, and the sum of the seconds."""
        self.family.add_metric(labels, list(zip(self._bounds, accumulate(in_buckets), strict=True)), seconds)
