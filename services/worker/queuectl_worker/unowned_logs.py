"""Logs of attempts whose job may have been deleted before its worker stopped writing them."""

from queuectl_core.logs.store import LogStore
from queuectl_core.store.jobs import Jobs


class UnownedLogs:
    """Deleting a job deletes its logs, but its worker may write one after that: it removes those itself."""

    def __init__(self, jobs: Jobs, logs: LogStore) -> None:
        self._jobs = jobs
        self._logs = logs
        self._attempts: list[tuple[int, int]] = []

    def add(self, attempts: list[tuple[int, int]]) -> None:
        """Attempts, as job and number, that could not be reported because their lease was no longer valid."""
        self._attempts += attempts

    def remove(self) -> None:
        """Remove the logs of jobs that no longer exist. Raises QueueError, and continues with the next call."""
        while self._attempts:
            seq, attempt = self._attempts[-1]
            if not self._jobs.existing(range(seq, seq + 1)):
                self._logs.delete(seq, attempt)
            self._attempts.pop()
