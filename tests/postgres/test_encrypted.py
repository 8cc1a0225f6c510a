"""Connections with TLS, and the password in a file, as the documentation recommends for a server elsewhere."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from queuectl_core.model.errors import DatabaseUnusable
from queuectl_core.store.open import open_store
from tests.postgres.own_server import own_server
from tests.postgres.programs import USER
from tests.running import eventually

pytestmark = pytest.mark.xdist_group("encrypted")  # one server for all

TRICKY = "a colon: and spaces"
SELF_SIGNED = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=database", "-addext",
               "subjectAltName=IP:127.0.0.1"]  # fmt: skip


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a client has: the server's certificate, the certificate of another server, and the password."""
    directory = tmp_path_factory.mktemp("client")
    for name in ("server", "other"):
        paths = ["-out", str(directory / f"{name}.crt"), "-keyout", str(directory / f"{name}.key")]
        subprocess.run([*SELF_SIGNED, *paths], check=True, capture_output=True)
    escaped = TRICKY.replace(":", "\\:")
    (directory / "pgpass").write_text(f"127.0.0.1:*:*:{USER}:{escaped}\n")
    (directory / "pgpass").chmod(0o600)
    return directory


@pytest.fixture(scope="module")
def address(directory: Path) -> Iterator[str]:
    """Of a server with that certificate."""
    with own_server(TRICKY) as server:
        with psycopg.connect(server.url, autocommit=True) as admin:
            [[data]] = admin.execute("SHOW data_directory").fetchall()
            for name in ("server.crt", "server.key"):
                path = Path(shutil.copy(directory / name, data))
                path.chmod(0o600)
                if os.getuid() == 0:
                    shutil.chown(path, USER, USER)
            admin.execute("ALTER SYSTEM SET ssl = on")
            admin.execute("SELECT pg_reload_conf()")
        port = conninfo_to_dict(server.url)["port"]
        eventually(lambda: _encrypted(server.url))
        yield f"postgresql://{USER}@127.0.0.1:{port}/queue"


def _encrypted(url: str) -> bool:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
    return bool(row and row[0])


def url(address: str, directory: Path, certificate: str = "server.crt") -> str:
    options = {
        "sslmode": "verify-full",
        "sslrootcert": str(directory / certificate),
        "passfile": str(directory / "pgpass"),
    }
    return f"{address}?{urlencode(options)}"


def check(url: str) -> None:
    with open_store(url, durable=True) as store:
        store.check()


def test_a_connection_is_encrypted_and_has_the_password_of_a_file(address: str, directory: Path) -> None:
    check(url(address, directory))
    assert _encrypted(url(address, directory))


def test_a_server_with_another_certificate_is_refused(address: str, directory: Path) -> None:
    with pytest.raises(DatabaseUnusable, match="certificate verify failed"):
        check(url(address, directory, "other.crt"))


def test_a_password_that_others_can_read_is_not_used(address: str, directory: Path) -> None:
    (directory / "pgpass").chmod(0o640)
    try:
        with pytest.raises(DatabaseUnusable, match="no password supplied"):
            check(url(address, directory))
    finally:
        (directory / "pgpass").chmod(0o600)
