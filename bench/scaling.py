"""`python -m bench.scaling`: 4 workers compared with 1, with commands that only sleep."""

from bench.drain import drained
from bench.figure import Figure, show

JOBS = 800


def figures(jobs: int = JOBS) -> list[Figure]:
    """Goal 10: `sleep 0.05`, 8 slots each."""
    one, four = (drained(jobs * workers, workers, 8, command="sleep 0.05") for workers in (1, 4))
    note = f"{four:,.0f} against {one:,.0f} jobs/s"
    return [Figure(10, "4 workers / 1, sleep 0.05, 8 slots each", four / one, "x", 3.8, note=note)]


if __name__ == "__main__":
    show(figures())
