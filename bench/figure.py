"""A measured figure and its goal."""

from collections.abc import Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    """A row of the table: `value` in `unit`. `goal` is a minimum or, if `most`, a maximum."""

    number: int
    what: str
    value: float
    unit: str
    goal: float
    most: bool = False
    note: str = ""

    @property
    def ratio(self) -> float:
        """The figure relative to its goal; 1 or more if it is reached."""
        if not self.most:
            return self.value / self.goal
        return self.goal / self.value if self.value else float("inf")

    @property
    def reached(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= 1

    def row(self) -> str:
        """The row of a Markdown table."""
        goal = f"{'≤' if self.most else '≥'} {self.goal:,g} {self.unit}"
        figure = f"{self.value:,.{places(self.value)}f} {self.unit}" + (f" ({self.note})" if self.note else "")
        return (
            f"| {self.number} | {self.what} | {goal} | {figure} | {self.ratio:.2f} | {'✓' if self.reached else '✗'} |"
        )


HEAD = "| | what | goal | figure | ratio | |\n| --- | --- | --- | --- | --- | --- |"


def places(value: float) -> int:
    """The number of decimal places to print."""
    return 0 if abs(value) >= 100 else 2


def show(figures: Sequence[Figure]) -> None:
    """Print figures as a table."""
    print(HEAD)
    for figure in figures:
        print(figure.row(), flush=True)


def percentile(taken: Sequence[float], share: float) -> float:
    """The percentile `share` (0..1) of the values."""
    return sorted(taken)[min(int(len(taken) * share), len(taken) - 1)]
