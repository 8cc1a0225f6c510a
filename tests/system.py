"""A running system as users see it, over HTTP and with the command line."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.running import BIN, clean_environment, eventually
from tests.signed_in import http


@dataclass(frozen=True)
class Answered:
    """The output of a command, and its exit status."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class System:
    """`data_dir`: its data directory; None if that is in a container's volume."""

    url: str
    data_dir: Path | None = None

    def queuectl(self, *words: str, given: str | bytes = "", env: dict[str, str] | None = None) -> Answered:
        """Run `queuectl`, with `given` as standard input."""
        done = subprocess.run(
            [BIN / "queuectl", *words],
            input=given.encode() if isinstance(given, str) else given,
            env=clean_environment(url=self.url) | (env or {}),
            capture_output=True,
            timeout=120,
        )
        return Answered(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode())

    def get(self, path: str) -> Any:
        """GET a path; returns the JSON."""
        return http.get(self.url + path, timeout=60).raise_for_status().json()

    def enqueue(self, command: str, **fields: Any) -> str:
        """Enqueue a job over HTTP; returns its id."""
        answer = http.post(f"{self.url}/api/jobs", json={"command": command, **fields}, timeout=60)
        job_id: str = answer.raise_for_status().json()["id"]
        return job_id

    def job(self, job_id: str) -> dict[str, Any]:
        """One job with its history."""
        job: dict[str, Any] = self.get(f"/api/jobs/{job_id}")
        return job

    def log(self, job_id: str, **query: Any) -> str:
        """A job's output."""
        return http.get(f"{self.url}/api/logs/{job_id}", params=query, timeout=60).raise_for_status().text

    def reset_config(self) -> list[str]:
        """Set all settings to their defaults; returns the keys of those that were not."""
        changed = [item["key"] for item in self.get("/api/config")["items"] if item["value"] != item["default"]]
        for key in changed:
            http.delete(f"{self.url}/api/config/{key}").raise_for_status()
        return changed

    def in_state(self, job_id: str, state: str) -> dict[str, Any]:
        """Wait until the job is in that state; returns it."""
        return eventually(lambda: job if (job := self.job(job_id))["state"] == state else None) or {}
