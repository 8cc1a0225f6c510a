"""What tests of the worker do with the queue."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from queuectl_core.attempt import Attempt
from queuectl_core.job import Job
from queuectl_core.logs import Logs
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.store import Store
from queuectl_core.state import ENDED, State
from tests.running import eventually


@dataclass(frozen=True)
class Bench:
    """A queue, used by the test as other processes use it."""

    store: Store
    directory: Path

    def enqueue(self, command: str, **fields: Any) -> str:
        """A job that is not retried unless the fields say so."""
        return self.store.queue.enqueue(NewJob.model_validate({"command": command, "max_retries": 0} | fields))

    def ended(self, job_id: str) -> Job:
        """The job once it has ended."""
        eventually(lambda: self.store.jobs.get(job_id).state in ENDED)
        return self.store.jobs.get(job_id)

    def run(self, command: str, **fields: Any) -> Job:
        """Enqueue, and wait for the end."""
        return self.ended(self.enqueue(command, **fields))

    def in_state(self, job_id: str, state: State) -> Job:
        """The job once it is in that state."""
        eventually(lambda: self.store.jobs.get(job_id).state is state)
        return self.store.jobs.get(job_id)

    def output(self, job: Job, attempt: int = 1) -> bytes:
        """What an attempt has printed so far, as a reader gets it."""
        kept = self.store.jobs.output(job.seq, attempt)
        return printed(Logs(self.directory / "logs"), job.seq, attempt) if kept is None else kept

    def history(self, job: Job) -> list[Attempt]:
        """All attempts."""
        return self.store.jobs.history(job.seq)

    def written(self, name: str) -> str:
        """What a command has written to a file in the directory, once it has."""
        path = self.directory / name
        eventually(lambda: path.exists() and path.read_text().endswith("\n"))
        return path.read_text()

    def pids(self, name: str, count: int) -> list[int]:
        """Process ids that commands have written, a line each, once there are so many."""
        path = self.directory / name
        eventually(lambda: path.exists() and path.read_text().count("\n") >= count)
        return [int(line) for line in path.read_text().split()]


def printed(logs: Logs, seq: int, attempt: int = 1, offset: int = 0) -> bytes:
    """What is kept of an output in files, from `offset` on."""
    content = b""
    while (piece := logs.read(seq, attempt, offset)).content:
        content, offset = content + piece.content, piece.end
    return content


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text[text.rindex(")") + 2] != "Z"


def peak_kib(pid: int) -> int:
    """The most memory that a process has used so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
