"""A queue for tests of the worker, and the processes of its workers."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from queuectl_core.model.attempt import Attempt
from queuectl_core.model.job import Job
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import ENDED, State
from queuectl_core.store.store import Store
from tests.output import opened_logs, read_output
from tests.running import eventually


@dataclass(frozen=True)
class Bench:
    """The queue of one test, which uses it as another process would."""

    store: Store
    directory: Path

    def enqueue(self, command: str, **fields: Any) -> str:
        """Enqueue a job, without retries unless `fields` set them."""
        return self.store.enqueue(NewJob.model_validate({"command": command, "max_retries": 0} | fields))

    def ended(self, job_id: str) -> Job:
        """Wait until the job has ended."""
        eventually(lambda: self.store.jobs.get(job_id).state in ENDED)
        return self.store.jobs.get(job_id)

    def run(self, command: str, **fields: Any) -> Job:
        """Enqueue, and wait for the end."""
        return self.ended(self.enqueue(command, **fields))

    def in_state(self, job_id: str, state: State) -> Job:
        """Wait until the job is in that state."""
        eventually(lambda: self.store.jobs.get(job_id).state is state)
        return self.store.jobs.get(job_id)

    def output(self, job: Job, attempt: int = 1) -> bytes:
        """The output of an attempt so far, as a reader gets it."""
        kept = self.store.jobs.output(job.seq, attempt)
        return read_output(opened_logs(self.directory), job.seq, attempt) if kept is None else kept

    def history(self, job: Job) -> list[Attempt]:
        """All attempts."""
        return self.store.jobs.history(job.seq)

    def written(self, name: str) -> str:
        """Wait until a command has written a line to a file in the directory; returns its content."""
        path = self.directory / name
        eventually(lambda: path.exists() and path.read_text().endswith("\n"))
        return path.read_text()

    def pids(self, name: str, count: int) -> list[int]:
        """Wait until commands have written `count` pids to a file, one a line; returns them."""
        path = self.directory / name
        eventually(lambda: path.exists() and path.read_text().count("\n") >= count)
        return [int(line) for line in path.read_text().split()]


def children(pid: int) -> list[int]:
    """The children of a process, including adopted ones, without zombies."""
    return list(filter(is_alive, map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())))


def worker_pid(guard: subprocess.Popen[bytes]) -> int:
    """The pid of the worker, which is a child of the guard."""
    [worker] = children(guard.pid)
    return worker


def kill_guard_and_worker(guard: subprocess.Popen[bytes]) -> None:
    """Send SIGKILL to both, so that neither can kill the commands."""
    worker = worker_pid(guard)
    guard.send_signal(signal.SIGSTOP)
    os.kill(worker, signal.SIGKILL)
    guard.kill()
    guard.wait()


def is_alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text[text.rindex(")") + 2] != "Z"


def peak_kib(pid: int) -> int:
    """The peak memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
