"""URLs of PostgreSQL databases in messages."""

import psycopg
from psycopg.conninfo import conninfo_to_dict

from queuectl_core.model.errors import DatabaseUnusable


def server_and_name(url: str) -> str:
    """Where the database is: `HOST:PORT/NAME`, which contains no password.

    Raises DatabaseUnusable if `url` is invalid. The message repeats nothing of it: any part may belong to the password.
    """
    try:
        found = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:
        found = {"port": "invalid"}
    port, database = found.get("port", "5432"), found.get("dbname", "")
    if not port.replace(",", "").isdigit() or "@" in database:
        raise DatabaseUnusable(
            "the URL of the database is not valid: it is postgresql://USER[:PASSWORD]@HOST[:PORT]/NAME, with special"
            " characters of the password as %XX ('/' is %2F, '@' is %40)"
        )
    return f"{found.get('host', 'localhost')}:{port}/{database}"
