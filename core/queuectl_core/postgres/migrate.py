"""Creates the tables in a PostgreSQL database, or upgrades them to this version's schema."""

import psycopg
from psycopg.conninfo import conninfo_to_dict

from queuectl_core.model.errors import DatabaseUnusable
from queuectl_core.postgres.url import server_and_name

OLDEST = 14
"""The oldest major version of PostgreSQL that is supported."""

CONNECT_SECONDS = 10
"""How long to wait for each address of the server, unless the URL says `connect_timeout`."""

LOCK = 5643206514001817331
"""The advisory lock of migrations; any number that other programs do not use."""


def migrate(url: str) -> None:
    """Create or upgrade the tables in the database at `url`, which must exist and be empty or QueueCTL's.

    A concurrent call waits, and then has nothing to do. Raises DatabaseUnusable with one line, without the password.
    """
    name = server_and_name(url)
    timeout = conninfo_to_dict(url).get("connect_timeout", CONNECT_SECONDS)
    try:
        with psycopg.connect(url, connect_timeout=timeout, application_name="queuectl-migrate") as connection:
            _check(connection, name)
            _upgrade(connection, name)
    except psycopg.Error as fault:
        raise DatabaseUnusable(f"cannot use the database {name}: {_line(fault)}") from fault


def _check(connection: psycopg.Connection, name: str) -> None:
    major = connection.info.server_version // 10000
    if major < OLDEST:
        raise DatabaseUnusable(f"the server of {name} is PostgreSQL {major}: QueueCTL needs {OLDEST} or newer")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise DatabaseUnusable(
            f"the database {name} has the encoding {encoding}: create one with ENCODING 'UTF8' TEMPLATE template0"
        )


def _upgrade(connection: psycopg.Connection, name: str) -> None:
    # Imported here: only migrations need SQLAlchemy.
    from alembic.util import CommandError
    from sqlalchemy import StaticPool, create_engine
    from sqlalchemy.exc import DBAPIError

    from queuectl_core.migrations.upgrade import upgrade

    engine = create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool)
    try:
        # One transaction: all or nothing, and the lock ends with it, even through a connection pooler.
        with engine.connect().execution_options(isolation_level="READ COMMITTED") as transaction, transaction.begin():
            transaction.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            upgrade(transaction, "postgres")
    except CommandError as fault:
        raise DatabaseUnusable(
            f"the database {name} was created by a newer version of QueueCTL: run that version, or use another database"
        ) from fault
    except DBAPIError as fault:
        raise DatabaseUnusable(f"cannot use the database {name}: {_line(fault.orig)}") from fault
    finally:
        engine.dispose()


def _line(fault: object) -> str:
    return " ".join(str(fault).split())
