"""The one place where it is decided who may call the API."""


async def authenticate() -> None:
    """Runs before every endpoint under /api; so far everybody on the loopback address is let in."""
