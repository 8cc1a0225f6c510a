"""Heartbeats: a counter per worker in the database. A lease rests on no wall clock.

An observer regards a worker as expired if its counter has not moved for the length of its lease, by the observer's own
boot-time clock; so a new observer waits that long first. For workers on its own host it looks at their files instead.
"""

import json
from dataclasses import asdict
from typing import NamedTuple

from queuectl_core.host_clock import uptime
from queuectl_core.model.hold import Hold
from queuectl_core.postgres.connection import TIMELINE
from queuectl_core.presence_files import PresenceFiles
from queuectl_core.store.session import Session

SERVER = f"{TIMELINE} || pg_postmaster_start_time()"
"""SQL: another text after a failover or a restart, during which no heartbeat could be sent: observations begin anew."""


class _Seen(NamedTuple):
    """A counter, and when this process first saw that value, by its boot-time clock."""

    beat: int
    at: float


class PostgresPresence:
    """See Presence."""

    def __init__(self, session: Session, files: PresenceFiles) -> None:
        self._session = session
        self._files = files
        self._own: dict[str, float] = {}
        self._seen: dict[str, _Seen] = {}
        self._server = ""

    def begin(self, worker: str, lease_seconds: float) -> None:
        """See Presence."""
        now = uptime()
        self._session.execute(
            "INSERT INTO presence (worker, beat, lease) VALUES (?, 1, ?) ON CONFLICT (worker) DO UPDATE"
            " SET beat = presence.beat + 1, lease = excluded.lease, at = clock_timestamp(), hold = NULL",
            (worker, lease_seconds),
        )
        self._own[worker] = now + lease_seconds
        self._files.begin(worker, lease_seconds)

    def beat(self, worker: str, lease_seconds: float) -> bool:
        """See Presence. The lease counts from before the heartbeat was sent. False also if the worker was reaped."""
        now = uptime()
        found = self._session.execute(
            "UPDATE presence SET beat = beat + 1, lease = ?, at = clock_timestamp() WHERE worker = ?",
            (lease_seconds, worker),
        )
        in_time = uptime() <= self._own[worker] and self._files.beat(worker, lease_seconds)
        self._own[worker] = now + lease_seconds
        return in_time and bool(found)

    def hold(self, worker: str, hold: Hold | None) -> None:
        """See Presence."""
        self._session.execute(
            "UPDATE presence SET hold = ? WHERE worker = ?", (json.dumps(asdict(hold)) if hold else None, worker)
        )

    def held(self, worker: str) -> Hold | None:
        """See Presence."""
        stored = self._session.value("SELECT hold FROM presence WHERE worker = ?", (worker,))
        return Hold(**json.loads(stored)) if stored else None

    def last(self, worker: str) -> float | None:
        """See Presence."""
        at: float | None = self._session.value(
            "SELECT extract(epoch FROM at)::float8 FROM presence WHERE worker = ?", (worker,)
        )
        return at

    def expired(self, worker: str) -> bool:
        """See Presence. True as well if the worker was removed."""
        if self._files.knows(worker):
            return self._files.expired(worker)
        row = self._session.row(f"SELECT beat, lease, {SERVER} FROM presence WHERE worker = ?", (worker,))
        if row is None:
            self._seen.pop(worker, None)
            return True
        beat, lease, server = row
        if server != self._server:
            self._server = server
            self._seen.clear()
        seen = self._seen.get(worker)
        if seen is None or seen.beat != beat:
            seen = self._seen[worker] = _Seen(beat, uptime())
        return bool(uptime() > seen.at + lease)

    def is_of_earlier_boot(self, boot: str) -> bool:
        """See Presence. Workers run on many hosts, with a boot id each."""
        return False

    def removed(self, worker: str) -> None:
        """See Presence. Its host may never come back; nor may one whose registration failed halfway."""
        self._session.execute("DELETE FROM usage WHERE worker = ?", (worker,))
        self._session.execute(
            "DELETE FROM presence WHERE worker = ? OR (at < clock_timestamp() - interval '1 day'"
            " AND NOT EXISTS (SELECT 1 FROM worker WHERE worker.id = presence.worker))",
            (worker,),
        )

    def end(self, worker: str) -> None:
        """See Presence."""
        self._own.pop(worker, None)
        self._files.end(worker)
        self._session.execute("DELETE FROM presence WHERE worker = ?", (worker,))

    def close(self) -> None:
        """See Presence."""
        self._own.clear()
        self._seen.clear()
        self._files.close()
