"""Leases jobs that a driver has found for a worker."""

import json
import time
from collections.abc import Sequence
from typing import Any

from queuectl_core.model.attempt import Claim, Lease
from queuectl_core.model.limits import effective
from queuectl_core.model.state import State, Verb
from queuectl_core.store.config import Config
from queuectl_core.store.session import Session
from queuectl_core.store.transitions import Found, Transitions

COLUMNS = (
    "seq",
    "id",
    "queue",
    "state",
    "attempts",
    "attempt",
    "command",
    "env",
    "cwd",
    "timeout",
    "limits",
    "sandbox",
    "scheduled_at",
)
"""The columns of `job` that a claim needs."""


class LeaseJobs:
    """Moves jobs to `processing`, and begins their attempts."""

    def __init__(self, session: Session, transitions: Transitions, config: Config) -> None:
        self._session = session
        self._transitions = transitions
        self._config = config
        given = session.dialect.given("seq bigint, number integer, due_at double precision")
        values = ", ".join(given.value(column) for column in ("seq", "number", "due_at"))
        self._begin = (
            "INSERT INTO attempt (outcome, worker, started_at, seq, number, due_at)"
            f" SELECT 'processing', ?, ?, {values} {given.source}"
        )

    def lease(self, worker: str, rows: Sequence[tuple[Any, ...]]) -> list[Claim]:
        """`rows`: the values of COLUMNS, and when the job became due. Call it in the transaction that found them."""
        now = time.time()
        jobs, waited = _found(rows, now)
        self._transitions.apply(Verb.CLAIM, jobs, State.PROCESSING, now, waited=waited, worker=worker)
        self._session.each_later(
            self._begin,
            (worker, now),
            [
                {"seq": job.seq, "number": job.attempt + 1, "due_at": row[-1]}
                for job, row in zip(jobs, rows, strict=True)
            ],
        )
        return self._claims(worker, rows, now, self._config.numbers())

    def leased(
        self, worker: str, rows: Sequence[tuple[Any, ...]], now: float, moved: int, config: dict[str, float]
    ) -> list[Claim]:
        """The same after a statement that has found, moved and begun them. `config`: the numeric settings."""
        jobs, waited = _found(rows, now)
        self._transitions.moved(Verb.CLAIM, jobs, State.PROCESSING, moved, waited)
        return self._claims(worker, rows, now, config)

    def _claims(
        self, worker: str, rows: Sequence[tuple[Any, ...]], now: float, config: dict[str, float]
    ) -> list[Claim]:
        limits_of_all = effective({}, config)
        return [
            Claim(
                lease=Lease(seq, attempt + 1, worker),
                job_id=job_id,
                queue=queue,
                command=command,
                env=json.loads(env) if env else {},
                cwd=cwd,
                timeout=own_timeout or config["timeout"] or None,
                limits=effective(json.loads(limits), config) if limits else limits_of_all,
                sandbox=bool(sandbox or config["sandbox"]),
                log_max_bytes=int(config["log-max-bytes"]),
                leftover_grace=config["leftover-grace"],
                started_at=now,
                scheduled_at=at,
            )
            for seq, job_id, queue, _, _, attempt, command, env, cwd, own_timeout, limits, sandbox, at, _ in rows
        ]


def _found(rows: Sequence[tuple[Any, ...]], now: float) -> tuple[list[Found], list[float]]:
    """The jobs, and for how long they have been due."""
    jobs = [
        Found(seq, job_id, queue, State(state), attempts, cancelling=False, attempt=attempt, batch=None)
        for seq, job_id, queue, state, attempts, attempt, *_ in rows
    ]
    return jobs, [now - row[-1] for row in rows]
