"""A system whose storage is made to fail."""

from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.faults.report import Finding, record
from tests.running import eventually
from tests.signed_in import http
from tests.system import System
from tests.worker.bench import is_alive

REFUSALS = (503, 507)


@dataclass(frozen=True)
class Damaged:
    """`outside` is a directory that does not fail: what the services say, and what commands wait for."""

    system: System
    data_dir: Path
    outside: Path
    worker: int
    acknowledged: list[str] = field(default_factory=list)

    def fail(self, how: str) -> None:
        """Have the file system fail (see `failing`), or with "" work again."""
        (self.outside / "switch").write_text(how)

    def begun(self) -> str:
        """A job whose command runs until `let_go`; returns when it does."""
        go, begun = self.outside / "go", self.outside / "begun"
        job_id = self.system.enqueue(f"echo begun; touch {begun}; until [ -e {go} ]; do sleep 0.05; done")
        eventually(begun.exists)
        return job_id

    def let_go(self) -> None:
        """Have that command end well."""
        (self.outside / "go").touch()

    def get(self, path: str) -> httpx.Response:
        """What the API answers."""
        return http.get(self.system.url + path, timeout=60)

    def enqueue(self) -> httpx.Response:
        """One more job, acknowledged or refused; any other answer fails the test."""
        answer = http.post(f"{self.system.url}/api/jobs", json={"command": "true"}, timeout=60)
        assert answer.status_code == 201 or answer.status_code in REFUSALS, answer.text
        if answer.status_code == 201:
            self.acknowledged.append(answer.json()["id"])
        return answer

    def refused(self) -> httpx.Response:
        """The refusal of an enqueue, once there is one."""
        return eventually(lambda: [] if (answer := self.enqueue()).is_success else [answer])[0]

    def says(self, text: str) -> bool:
        """Whether the worker has said so."""
        return text in (self.outside / "worker.log").read_text()

    def recovers(self, fault: str, cause: str, running: str) -> None:
        """All that was acknowledged ends well by itself, and what ran all the time was one attempt."""
        eventually(lambda: self.enqueue().is_success)
        ended = [self.system.in_state(job_id, "completed") for job_id in [running, *self.acknowledged]]
        again = [job for job in ended if len(job["history"]) != 1]
        record(Finding(fault, cause, times=1, jobs=len(ended), duplicated=len(again)))
        assert again == []
        assert self.system.log(running) == "begun\n"
        assert is_alive(self.worker)
