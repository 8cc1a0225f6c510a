"""Opens the database that a power cut has left, and holds it against what had been said before."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path

from queuectl_core.model.errors import QueueError
from queuectl_core.model.new_job import NewJob
from tests.faults.power_cut.history import History, Said, command
from tests.opened import opened

TALLIED = "SELECT queue, state, jobs FROM tally WHERE jobs <> 0 ORDER BY 1, 2"
COUNTED = "SELECT queue, state, count(*) FROM job GROUP BY 1, 2 ORDER BY 1, 2"


class Fault(StrEnum):
    """What can be wrong."""

    UNUSABLE = "the queue does not open"
    DAMAGED = "the integrity check fails"
    DANGLING = "a foreign key leads nowhere"
    MISCOUNTED = "the kept counts are not the counted ones"
    LOST = "an acknowledged job is not there, or not the same"
    HALVED = "only a part of a batch is there"
    UNCANCELLED = "an acknowledged cancel is undone"
    UNDELETED = "an acknowledged deletion is undone"
    UNRUN = "a job completed without having run"


def faults(database: Path, history: History, notes: Path) -> Counter[Fault]:
    """How often each fault is found in it."""
    found = Counter[Fault]()
    try:
        with opened(database) as store:
            with closing(sqlite3.connect(database)) as connection:
                found.update(_damage(connection))
                found.update(_broken_promises(connection, history, notes))
            store.enqueue(NewJob(command="true"))
    except (QueueError, sqlite3.DatabaseError):
        found[Fault.UNUSABLE] += 1
    return found


def _damage(connection: sqlite3.Connection) -> Iterator[Fault]:
    if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        yield Fault.DAMAGED
    if connection.execute("PRAGMA foreign_key_check").fetchall():
        yield Fault.DANGLING
    if connection.execute(TALLIED).fetchall() != connection.execute(COUNTED).fetchall():
        yield Fault.MISCOUNTED


def _broken_promises(connection: sqlite3.Connection, history: History, notes: Path) -> Iterator[Fault]:
    rows = connection.execute("SELECT id, command, state FROM job").fetchall()
    commands = {job_id: its_command for job_id, its_command, _ in rows}
    states = {job_id: state for job_id, _, state in rows}
    said = history.said
    for job_id in said[Said.ENQUEUED] - said[Said.DELETING]:
        if commands.get(job_id) != command(job_id, notes):
            yield Fault.LOST
    for batch in history.batches:
        if len(batch & commands.keys()) not in (0, len(batch)):
            yield Fault.HALVED
    for job_id in said[Said.CANCELLED]:
        if states.get(job_id) != "cancelled":
            yield Fault.UNCANCELLED
    for _ in said[Said.DELETED] & commands.keys():
        yield Fault.UNDELETED
    for job_id, state in states.items():
        if state == "completed" and job_id not in said[Said.RAN]:
            yield Fault.UNRUN
