"""Translates psycopg's errors."""

import psycopg
from psycopg import errors

from queuectl_core.model.errors import Conflict, DatabaseBusy, DatabaseUnusable, InvalidText, StorageFull


class Faults:
    """A context that translates errors, except IntegrityError, which the caller of the statement handles.

    A value that the database does not accept is no failure of the database: others may use it.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, fault: BaseException | None, __: object) -> None:
        if isinstance(fault, UnicodeEncodeError) or (isinstance(fault, psycopg.DataError) and fault.sqlstate is None):
            raise InvalidText from fault
        if isinstance(fault, errors.UniqueViolation) and fault.diag.constraint_name == "job_held_key":
            raise Conflict("another job has taken the unique key meanwhile: try again") from fault
        if isinstance(fault, psycopg.Error) and not isinstance(fault, psycopg.IntegrityError | psycopg.DataError):
            raise named(fault) from fault


def named(fault: psycopg.Error) -> DatabaseUnusable:
    """The error for users."""
    if isinstance(fault, errors.DeadlockDetected | errors.SerializationFailure):
        return Conflict("the database resolved a conflict with another process: try again")
    if isinstance(fault, errors.LockNotAvailable):
        return DatabaseBusy("the database is locked by another process: try again in a moment")
    if isinstance(fault, errors.DiskFull):
        return StorageFull("the disk of the database is full: free some space, then try again")
    return DatabaseUnusable(f"the database cannot be used now: {' '.join(str(fault).split())}")
