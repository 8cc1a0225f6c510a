"""Workers' reports on their attempts."""

import logging
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from queuectl_core.model.attempt import UNSEEN, Ended, Lease, Outcome, Printed, Used
from queuectl_core.model.backoff import Backoff
from queuectl_core.model.failure import failure
from queuectl_core.model.output_tail import last_line, output_tail
from queuectl_core.model.state import State, Verb
from queuectl_core.store.clock import Clock
from queuectl_core.store.config import Config
from queuectl_core.store.session import Session
from queuectl_core.store.transitions import Transitions

log = logging.getLogger("queuectl.reports")

HANDED_BACK = "handed back by its worker, which was stopping"


Report: TypeAlias = tuple[Lease, Ended]

_GIVEN = (
    "output_bytes bigint, cpu_seconds double precision, memory_bytes bigint, output bytea, output_tail text, note text,"
    " seq bigint, number integer"
)
_WRITTEN = ("output_bytes", "cpu_seconds", "memory_bytes", "output", "output_tail", "note")


class _Held(NamedTuple):
    """The values that determine the next state of a job whose attempt did not succeed."""

    attempts: int
    cancelling: bool
    max_retries: int | None
    backoff_base: float | None


class Reports:
    """Several reports may share one transaction. Each returns False, and changes nothing, if the lease has expired."""

    def __init__(self, session: Session, transitions: Transitions, clock: Clock, config: Config) -> None:
        self._session = session
        self._transitions = transitions
        self._clock = clock
        self._config = config
        given = session.dialect.given(_GIVEN)
        written = ", ".join(f"{column} = {given.value(column)}" for column in _WRITTEN)
        self._close = (
            f"UPDATE attempt SET outcome = ?, ended_at = ?, exit_code = ?, error = ?, {written} {given.source}"
            f" WHERE attempt.seq = {given.value('seq')} AND attempt.number = {given.value('number')}"
        )

    def held(self, worker: str) -> dict[Lease, bool]:
        """The current leases of `worker` → whether a user has cancelled the job."""
        rows = self._session.rows(
            f"SELECT seq, attempt, cancelling FROM job {self._session.dialect.by('job_state')}"
            " WHERE state = 'processing' AND worker = ?",
            (worker,),
        )
        return {Lease(seq, attempt, worker): bool(cancelling) for seq, attempt, cancelling in rows}

    def complete(self, lease: Lease, ended: Ended) -> bool:
        """Report success."""
        return not self.complete_all([(lease, ended)])

    def complete_all(self, reports: Sequence[Report]) -> list[Lease]:
        """Report successes; returns the leases that have expired."""
        with self._session.joined():
            return self._end(Verb.COMPLETE, reports, State.COMPLETED, Outcome.COMPLETED) if reports else []

    def fail(self, lease: Lease, ended: Ended, outcome: Outcome = Outcome.FAILED) -> bool:
        """Report a failed attempt: the job is retried later, or dead; or cancelled, if a user requested that."""
        with self._session.joined():
            held = self._held(lease)
            if held is None:
                return _refused(lease)
            if held.cancelling:
                return not self._end(Verb.FAIL, [(lease, ended)], State.CANCELLED, Outcome.CANCELLED)
            values = self._config.numbers()
            retries = values["max-retries"] if held.max_retries is None else held.max_retries
            if held.attempts > retries:
                return not self._end(Verb.FAIL, [(lease, ended)], State.DEAD, outcome)
            base = values["backoff-base"] if held.backoff_base is None else held.backoff_base
            delay = Backoff(base, values["backoff-max"], values["backoff-jitter"]).delay(held.attempts)
            return not self._end(Verb.FAIL, [(lease, ended)], State.FAILED, outcome, delay)

    def hand_back(self, lease: Lease, printed: Printed, reason: str = HANDED_BACK, used: Used = UNSEEN) -> bool:
        """Return a job unfinished, without using up an attempt; or cancel it, if a user requested that."""
        with self._session.joined():
            held = self._held(lease)
            if held is None:
                return _refused(lease)
            if held.cancelling:
                ended = Ended(None, "cancelled", printed, used)
                return not self._end(Verb.HAND_BACK, [(lease, ended)], State.CANCELLED, Outcome.CANCELLED)
            ended = Ended(None, reason, printed, used)
            return not self._end(Verb.HAND_BACK, [(lease, ended)], State.PENDING, Outcome.HANDED_BACK, 0.0)

    def _held(self, lease: Lease) -> _Held | None:
        row = self._session.row(
            "SELECT attempts, cancelling, max_retries, backoff_base FROM job"
            f" WHERE seq = ? AND attempt = ? AND worker = ? AND state = 'processing' {self._session.dialect.lock_rows}",
            lease,
        )
        return _Held(row[0], bool(row[1]), row[2], row[3]) if row else None

    def _end(
        self, verb: Verb, reports: Sequence[Report], state: State, outcome: Outcome, delay: float | None = None
    ) -> list[Lease]:
        """Change the state of jobs and close their attempts, which differ in what was printed and used.

        `delay`: seconds until the next attempt; None: no next one. Returns the leases that have expired.
        """
        lease, ended = reports[0]
        now = self._clock.now() if delay else time.time()
        moved = self._transitions.end_attempts(
            verb,
            [lease for lease, _ in reports],
            state,
            now,
            due_at=None if delay is None else now + delay,
            exit_code=ended.exit_code,
            error=None if state is State.PENDING else ended.error,
            failure=self._failure(lease, ended) if state is State.DEAD else None,
        )
        self._session.each_later(
            self._close,
            (outcome, now, ended.exit_code, ended.error),
            [_written(lease, ended) for lease, ended in reports if lease.seq in moved],
        )
        refused = [lease for lease, _ in reports if lease.seq not in moved]
        for lease in refused:
            _warn(lease)
        return refused

    def _failure(self, lease: Lease, ended: Ended) -> str:
        command = self._session.value("SELECT command FROM job WHERE seq = ?", (lease.seq,))
        return failure(command, _cause(ended), lease.worker)


def _written(lease: Lease, ended: Ended) -> dict[str, Any]:
    """The values of _GIVEN."""
    printed, used = ended.printed, ended.used
    return {
        "output_bytes": printed.size,
        "cpu_seconds": used.cpu_seconds,
        "memory_bytes": used.memory_bytes,
        "output": printed.whole,
        "output_tail": _tail(printed),
        "note": ended.note,
        "seq": lease.seq,
        "number": lease.attempt,
    }


def _tail(printed: Printed) -> str | None:
    """The end of the output as text. None if the complete output is stored, unless a search could not read that."""
    return _end_of(printed) if printed.tail or not _is_text(printed.whole or b"") else None


def _is_text(output: bytes) -> bool:
    try:
        return "\0" not in output.decode()
    except UnicodeDecodeError:
        return False


def _end_of(printed: Printed) -> str:
    if printed.whole is not None:
        return output_tail(printed.whole)
    return output_tail(printed.tail, cut=printed.size is None or printed.size > len(printed.tail))


def _cause(ended: Ended) -> str | None:
    """Why an attempt failed. For an exit status, this includes the last line of the output."""
    if not ended.error or not ended.error.startswith("exit status "):
        return ended.error
    line = last_line(_end_of(ended.printed))
    return f"{ended.error}: {line}" if line else ended.error


def _refused(lease: Lease) -> bool:
    _warn(lease)
    return False


def _warn(lease: Lease) -> None:
    log.warning("report refused: %s no longer holds attempt %d of job #%d", lease.worker, lease.attempt, lease.seq)
