"""Fails where a dependency has a known vulnerability: pip-audit and npm audit, over what is pinned.

Where nobody can be asked (no network), it says so and passes, unless QUEUECTL_REQUIRE_ADVISORIES is set.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv/bin/python"
PATIENCE_SECONDS = 120


class Unanswered(Exception):
    """Whoever knows of vulnerabilities cannot be asked."""


def python() -> list[str]:
    """What is known of the Python packages: those of the tests hold those of all rooms."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as told:
        words = ["--requirement", "tests/requirements.txt", "--require-hashes", "--disable-pip", "--format", "json"]
        run([PYTHON, "-m", "pip_audit", *words, "--progress-spinner", "off", "--output", told.name], ROOT)
        packages = answer(told.read())["dependencies"]
    if all("skip_reason" in package for package in packages):
        raise Unanswered
    return [
        f"{package['name']} {package['version']}: {found['id']}, mended in {found['fix_versions'] or 'none yet'}"
        for package in packages
        for found in package.get("vulns", ())
    ]


def node() -> list[str]:
    """What is known of the page's packages, and of those that build it."""
    told = answer(run(["npm", "audit", "--json"], ROOT / "frontend"))
    if "vulnerabilities" not in told:
        raise Unanswered
    return [f"{name}: {found['severity']}, {found['range']}" for name, found in told["vulnerabilities"].items()]


def run(command: list[object], directory: Path) -> str:
    """What it prints, whatever its status: both exit with 1 for a finding as for a fault. Raises Unanswered."""
    words = [str(word) for word in command]
    try:
        return subprocess.run(words, cwd=directory, capture_output=True, text=True, timeout=PATIENCE_SECONDS).stdout
    except subprocess.TimeoutExpired as fault:
        raise Unanswered from fault


def answer(text: str) -> dict[str, Any]:
    """JSON; raises Unanswered where there is none."""
    try:
        told: dict[str, Any] = json.loads(text)
    except ValueError as fault:
        raise Unanswered from fault
    return told


def main() -> None:
    """Exit 1 where something was found."""
    failed = False
    for name, ask in (("pip-audit", python), ("npm audit", node)):
        try:
            found = ask()
        except Unanswered:
            print(f"{name}: NOT CHECKED, as the advisories cannot be reached from here", file=sys.stderr)
            failed |= bool(os.environ.get("QUEUECTL_REQUIRE_ADVISORIES"))
            continue
        print("\n".join(found) or f"{name}: nothing is known against any of the packages")
        failed |= bool(found)
    sys.exit(failed)


if __name__ == "__main__":
    main()
