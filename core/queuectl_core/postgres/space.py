"""Disk space: PostgreSQL's autovacuum reuses it, unless something still needs the rows that were deleted since."""

from queuectl_core.store.session import Session

BLOCKED_SECONDS = 60.0

_BLOCKERS = (
    "SELECT format('%s of %s (process %s) has had a transaction open for %s min',"
    " coalesce(nullif(application_name, ''), 'a program'), coalesce(usename, 'another user'), pid,"
    " floor(extract(epoch FROM now() - xact_start) / 60)) AS who, xact_start AS since FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND datname = current_database()"
    " AND now() - xact_start > make_interval(secs => ?) AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)"
    " UNION ALL SELECT format('the prepared transaction %s of %s has been open for %s min', gid, owner,"
    " floor(extract(epoch FROM now() - prepared) / 60)), prepared FROM pg_prepared_xacts"
    " WHERE database = current_database() AND now() - prepared > make_interval(secs => ?)"
    " UNION ALL SELECT format('the replication slot %s is behind', slot_name), NULL FROM pg_replication_slots"
    " WHERE greatest(age(xmin), age(catalog_xmin)) > 1000000 AND NOT active"
    " ORDER BY since NULLS LAST LIMIT 1"
)
"""Transactions in other databases need no rows of this one; those of other users are seen only with the role
pg_read_all_stats."""


class PostgresSpace:
    """See Space."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def give_back(self) -> None:
        """See Space. Nothing to do."""

    def blocker(self) -> str | None:
        """See Space."""
        who: str | None = self._session.value(_BLOCKERS, (BLOCKED_SECONDS, BLOCKED_SECONDS))
        return who
