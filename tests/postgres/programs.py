"""How a PostgreSQL server is run here: from Debian's package, otherwise in a container."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from queuectl_core.postgres.migrate import OLDEST

OPTIONS = {
    "fsync": "off",  # no test cuts the power; synchronous_commit stays as it is in production
    "full_page_writes": "off",
    "max_connections": "200",
    "max_wal_size": "2GB",
}

IMAGE = "postgres:17"

USER = "postgres"

NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


def installed() -> Path | None:
    """The directory with the programs of Debian's newest package; None if there is none."""
    found = {int(path.parent.name): path for path in Path("/usr/lib/postgresql").glob("[0-9][0-9]/bin")}
    newest = max(found, default=0)
    return found[newest] if newest >= OLDEST else None


def engine_answers() -> bool:
    """Whether there is a container engine."""
    return shutil.which("docker") is not None and not subprocess.run(["docker", "info"], capture_output=True).returncode


def create_cluster(programs: Path, directory: Path, password: str) -> None:
    """Create a cluster in an empty directory."""
    secret = directory / "password"
    secret.write_text(password)
    if os.getuid() == 0:
        for path in (directory, secret):
            shutil.chown(path, USER, USER)
    subprocess.run(
        [*_as_owner(), programs / "initdb", "--pgdata", directory / "data", "--username", USER, "--pwfile", secret,
         "--auth-local=trust", "--auth-host=md5", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, cwd="/",
    )  # fmt: skip


def copy_cluster(programs: Path, directory: Path, url: str) -> None:
    """Create a standby of the running server at `url` in an empty directory."""
    if os.getuid() == 0:
        shutil.chown(directory, USER, USER)
    subprocess.run(
        [*_as_owner(), programs / "pg_basebackup", "--pgdata", directory / "data", "--dbname", url,
         "--write-recovery-conf", "--checkpoint=fast", "--no-sync"],
        check=True, cwd="/",
    )  # fmt: skip


def server_command(
    programs: Path,
    directory: Path,
    port: int,
    variables: Mapping[str, str] = NO_VARIABLES,
    settings: Mapping[str, str] = OPTIONS,
) -> list[str]:
    """The command that runs the server of a cluster in the foreground, with these variables, until its parent dies."""
    options = {
        **settings,
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(directory),
    }
    environment = ["env", *(f"{name}={value}" for name, value in variables.items())]
    until_orphaned = ["setpriv", "--pdeathsig=INT"]  # last: a change of the user would undo it
    return [
        *_as_owner(),
        *until_orphaned,
        *environment,
        str(programs / "postgres"),
        "-D",
        str(directory / "data"),
        *_words(options),
    ]


def _as_owner() -> list[str]:
    """As root, PostgreSQL does not run."""
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if os.getuid() == 0 else []


def container(port: int) -> list[str]:
    """The command that runs a container in the foreground; it takes the password from POSTGRES_PASSWORD."""
    publish = f"127.0.0.1:{port}:5432"
    server = [IMAGE, "postgres", *_words(OPTIONS)]
    return ["docker", "run", "--rm", "--env", "POSTGRES_PASSWORD", "--publish", publish, *server]


def _words(options: dict[str, str]) -> list[str]:
    return [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
