"""Of a secret only its hash is stored."""

from pathlib import Path

from queuectl_core.model.role import Role
from queuectl_core.model.token import PREFIX
from queuectl_core.store.store import Store


def test_no_secret_is_in_the_database(store: Store, database: Path) -> None:
    admin = store.tokens.create("admin", Role.ADMIN, "test")
    session, _ = store.tokens.begin_session("admin")
    code, _ = store.tokens.link("admin")
    files = b"".join(file.read_bytes() for file in database.parent.glob("queue.db*") if file.is_file())
    assert b"admin" in files
    for secret in (admin, session, code):
        assert secret.encode() not in files
        assert secret.removeprefix(PREFIX).encode() not in files
