"""One measured figure beside its goal."""

from collections.abc import Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    """A row of the table: `value` in `unit`, against a goal that is a least value or, with `most`, a greatest one."""

    number: int
    what: str
    value: float
    unit: str
    goal: float
    most: bool = False
    note: str = ""

    @property
    def ratio(self) -> float:
        """How the figure stands to its goal: 1 or more reaches it, whichever way the goal points."""
        if not self.most:
            return self.value / self.goal
        return self.goal / self.value if self.value else float("inf")

    @property
    def reached(self) -> bool:
        """Whether it is as good as the goal."""
        return self.ratio >= 1

    def row(self) -> str:
        """As a row of a Markdown table."""
        goal = f"{'≤' if self.most else '≥'} {self.goal:,g} {self.unit}"
        figure = f"{self.value:,.{places(self.value)}f} {self.unit}" + (f" ({self.note})" if self.note else "")
        return (
            f"| {self.number} | {self.what} | {goal} | {figure} | {self.ratio:.2f} | {'✓' if self.reached else '✗'} |"
        )


HEAD = "| | what | goal | figure | ratio | |\n| --- | --- | --- | --- | --- | --- |"


def places(value: float) -> int:
    """Digits after the point that are worth printing."""
    return 0 if abs(value) >= 100 else 2


def show(figures: Sequence[Figure]) -> None:
    """Print them as a table."""
    print(HEAD)
    for figure in figures:
        print(figure.row(), flush=True)


def percentile(taken: Sequence[float], share: float) -> float:
    """The least of those below which that share of all lies."""
    return sorted(taken)[min(int(len(taken) * share), len(taken) - 1)]
