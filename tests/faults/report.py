"""What the faults did, as rows of the table in docs/reliability.md."""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.running import ROOT

DIRECTORY = Path(os.environ.get("QUEUECTL_FAULTS_REPORT") or ROOT / ".faults")
HEAD = ("fault", "caused by", "times", "jobs", "lost", "duplicated", "overlapping", "unrun", "left behind", "test")


@dataclass(frozen=True, slots=True)
class Finding:
    """One row. `times`: how often the fault was caused; `jobs`: how many were acknowledged under it.

    Lost: acknowledged and not there, or never ended. Duplicated: ran more often than its history tells, or ended
    more than once. Overlapping: two attempts at the same time. Unrun: ended without having run. Left behind:
    processes, log files, leases or files of ours that nobody needs any more.
    """

    fault: str
    cause: str
    times: int
    jobs: int
    lost: int = 0
    duplicated: int = 0
    overlapping: int = 0
    unrun: int = 0
    left_behind: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.lost or self.duplicated or self.overlapping or self.unrun or self.left_behind)


def record(finding: Finding) -> None:
    """Keep a row for the table."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^a-z0-9]+", "-", finding.fault.lower()).strip("-")
    test = os.environ["PYTEST_CURRENT_TEST"].partition("::")[0]
    (DIRECTORY / f"{name}.json").write_text(json.dumps(asdict(finding) | {"test": f"`{test}`"}) + "\n")


def table() -> str:
    """All rows, in Markdown."""
    findings = [json.loads(path.read_text()) for path in sorted(DIRECTORY.glob("*.json"))]
    for finding in findings:
        finding["fault"] = finding["fault"][0].upper() + finding["fault"][1:]
    rows = [HEAD, ("---",) * len(HEAD), *(tuple(str(cell) for cell in finding.values()) for finding in findings)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    print(table())
