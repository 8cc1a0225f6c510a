"""The URL of the database: `sqlite:///PATH`, or `postgresql://USER@HOST:PORT/NAME`, which may contain a password."""

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")


def is_remote(url: str) -> bool:
    """Whether the database is reached over a network: a statement takes a round trip, and may have to wait."""
    return url.startswith(POSTGRES)


def database_name(url: str) -> str:
    """The database for messages: a path, or `HOST:PORT/NAME` without the password. Raises DatabaseUnusable."""
    if not is_remote(url):
        return url.removeprefix(SQLITE)
    from queuectl_core.postgres.url import server_and_name  # psycopg is loaded only if it is used

    return server_and_name(url)
