"""Fails if a pinned dependency has a known vulnerability, according to pip-audit and npm audit.

Without network it prints a warning and passes, unless QUEUECTL_REQUIRE_ADVISORIES is set.
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
TIMEOUT_SECONDS = 120


class Unreachable(Exception):
    """The advisory database cannot be reached."""


def python() -> list[str]:
    """Findings about Python packages; the requirements of the tests include those of all services."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as report:
        arguments = ["--requirement", "tests/requirements.txt", "--require-hashes", "--disable-pip", "--format", "json"]
        run([PYTHON, "-m", "pip_audit", *arguments, "--progress-spinner", "off", "--output", report.name], ROOT)
        packages = parsed(report.read())["dependencies"]
    if all("skip_reason" in package for package in packages):
        raise Unreachable
    return [
        f"{package['name']} {package['version']}: {found['id']}, fixed in {found['fix_versions'] or 'no version yet'}"
        for package in packages
        for found in package.get("vulns", ())
    ]


def node() -> list[str]:
    """Findings about the packages of the dashboard, including build tools."""
    report = parsed(run(["npm", "audit", "--json"], ROOT / "frontend"))
    if "vulnerabilities" not in report:
        raise Unreachable
    return [f"{name}: {found['severity']}, {found['range']}" for name, found in report["vulnerabilities"].items()]


def run(command: list[object], directory: Path) -> str:
    """Run a command; returns its output, whatever its status, which is 1 for findings and for errors.

    Raises Unreachable.
    """
    arguments = [str(word) for word in command]
    try:
        return subprocess.run(arguments, cwd=directory, capture_output=True, text=True, timeout=TIMEOUT_SECONDS).stdout
    except subprocess.TimeoutExpired as fault:
        raise Unreachable from fault


def parsed(text: str) -> dict[str, Any]:
    """Parse the JSON output; raises Unreachable if it is not JSON."""
    try:
        report: dict[str, Any] = json.loads(text)
    except ValueError as fault:
        raise Unreachable from fault
    return report


def main() -> None:
    """Exit with status 1 if anything was found."""
    failed = False
    for name, audit in (("pip-audit", python), ("npm audit", node)):
        try:
            found = audit()
        except Unreachable:
            print(f"{name}: NOT CHECKED, because the advisory database cannot be reached", file=sys.stderr)
            failed |= bool(os.environ.get("QUEUECTL_REQUIRE_ADVISORIES"))
            continue
        print("\n".join(found) or f"{name}: no known vulnerabilities")
        failed |= bool(found)
    sys.exit(failed)


if __name__ == "__main__":
    main()
