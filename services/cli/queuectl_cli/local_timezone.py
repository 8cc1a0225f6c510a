"""The time zone of this machine."""

from pathlib import Path

from queuectl_cli.failure import USAGE, Failure


def local_timezone(etc: Path = Path("/etc")) -> str:
    """Its IANA name, as cron uses it; $TZ is not asked. Raises Failure if it cannot be found out."""
    localtime, named = etc / "localtime", etc / "timezone"
    if localtime.is_symlink():
        name = str(localtime.resolve()).rpartition("/zoneinfo/")[2]
    elif named.is_file():
        name = named.read_text(errors="replace").strip()
    else:
        name = "" if localtime.exists() else "UTC"
    name = name.removeprefix("posix/")
    if not name or name.startswith("/"):
        raise Failure("the time zone of this machine has no name: give --timezone", USAGE)
    return name
