"""Tokens, sessions and sign-in links: how long they are valid, and what ends them."""

import time

import pytest

from queuectl_core.model.errors import DatabaseBusy, LastAdmin, LinkUsed, TokenExists, TokenNotFound
from queuectl_core.model.role import Role
from queuectl_core.store import tokens
from queuectl_core.store.store import Store
from tests.store.backend import Backend, OpenStore

WEEK = tokens.SESSION_SECONDS


@pytest.fixture
def admin(store: Store) -> str:
    """The secret of an admin's token, as there always is one."""
    return store.tokens.create("admin", Role.ADMIN, "test")


def test_a_token_is_found_by_its_secret_alone(store: Store, admin: str) -> None:
    token = store.tokens.by_secret(admin)
    assert token is not None
    assert (token.name, token.role, token.created_by) == ("admin", Role.ADMIN, "test")
    for wrong in ("", "admin", admin[:-1], admin + "x", admin.swapcase(), "\udc80"):
        assert store.tokens.by_secret(wrong) is None


def test_a_name_is_given_once(store: Store, admin: str) -> None:
    with pytest.raises(TokenExists, match="'admin' exists already"):
        store.tokens.create("admin", Role.VIEWER, "test")
    assert store.tokens.get("admin").role is Role.ADMIN


def test_a_token_is_valid_until_it_expires(store: Store) -> None:
    now = time.time()
    token = store.tokens.by_secret(store.tokens.create("t", Role.VIEWER, "test", expires_at=now + 60))
    assert token is not None
    assert [token.expired(moment) for moment in (now, now + 59.9, now + 60, now + 61)] == [False, False, True, True]


def test_revoking_a_token_ends_its_sessions_and_links_only(store: Store, admin: str) -> None:
    secret = store.tokens.create("t", Role.OPERATOR, "admin")
    (session, _), (code, _) = store.tokens.begin_session("t"), store.tokens.link("t")
    other, _ = store.tokens.begin_session("admin")
    store.tokens.revoke("t")
    assert store.tokens.by_secret(secret) is None
    assert store.tokens.by_session(session) is None
    with pytest.raises(LinkUsed):
        store.tokens.follow(code)
    assert store.tokens.by_session(other) is not None
    store.tokens.create("t", Role.ADMIN, "admin")
    assert store.tokens.by_session(session) is None, "of a token that had the same name"


def test_an_unknown_token_cannot_be_revoked_or_used(store: Store, admin: str) -> None:
    for use in (store.tokens.revoke, store.tokens.begin_session, store.tokens.link, store.tokens.get):
        with pytest.raises(TokenNotFound, match="'nobody'"):
            use("nobody")


def test_the_last_valid_admin_token_cannot_be_revoked(store: Store, admin: str) -> None:
    store.tokens.create("expired", Role.ADMIN, "admin", expires_at=time.time() - 1)
    store.tokens.create("operator", Role.OPERATOR, "admin")
    with pytest.raises(LastAdmin):
        store.tokens.revoke("admin")
    assert store.tokens.by_secret(admin) is not None
    store.tokens.create("second", Role.ADMIN, "admin")
    store.tokens.revoke("admin")
    assert [token.name for token in store.tokens.all()] == ["expired", "operator", "second"]


def test_replacing_a_token_ends_it_and_its_sessions(store: Store) -> None:
    first, second = "chosen-by-the-user-1", "chosen-by-the-user-2"
    assert store.tokens.replace("t", Role.ADMIN, "start", first)
    session, _ = store.tokens.begin_session("t")
    assert not store.tokens.replace("t", Role.ADMIN, "start", first), "it is that already"
    assert store.tokens.by_session(session) is not None
    assert store.tokens.replace("t", Role.ADMIN, "start", second)
    assert store.tokens.by_secret(first) is None
    assert store.tokens.by_session(session) is None
    assert store.tokens.by_secret(second) is not None


def test_a_secret_that_was_known_by_another_name_takes_the_new_one(store: Store, admin: str) -> None:
    assert store.tokens.replace("t", Role.ADMIN, "start", admin)
    assert [token.name for token in store.tokens.all()] == ["t"]
    assert not store.tokens.withdraw("t", "somebody else")
    assert store.tokens.withdraw("t", "start")
    assert store.tokens.all() == []


def test_the_last_use_of_a_token_is_noted(store: Store, admin: str) -> None:
    before = time.time()
    assert (store.tokens.get("admin").last_used_at, store.tokens.get("admin").last_used_from) == (None, None)
    store.tokens.used(store.tokens.get("admin"), "192.0.2.7")
    token = store.tokens.by_secret(admin)
    assert token is not None
    assert before <= (token.last_used_at or 0) <= time.time()
    assert token.last_used_from == "192.0.2.7"


def test_a_queue_is_administered_as_long_as_an_admins_token_is_valid(store: Store) -> None:
    assert not store.tokens.is_administered()
    store.tokens.create("operator", Role.OPERATOR, "test")
    store.tokens.create("expired", Role.ADMIN, "test", expires_at=time.time() - 1)
    assert not store.tokens.is_administered()
    store.tokens.create("admin", Role.ADMIN, "test")
    assert store.tokens.is_administered()
    assert not store.tokens.is_administered(without="admin")


# Sessions


def test_a_session_has_the_rights_of_its_token(store: Store, admin: str) -> None:
    secret, ends = store.tokens.begin_session("admin")
    token = store.tokens.by_session(secret)
    assert token is not None
    assert (token.name, token.role, token.expires_at) == ("admin", Role.ADMIN, ends)
    assert store.tokens.by_secret(secret) is None, "a session is no token"
    assert store.tokens.by_session(admin) is None, "and a token no session"


@pytest.mark.parametrize(("lasts", "session_lasts"), [(None, WEEK), (60, 60), (2 * WEEK, WEEK)])
def test_a_session_ends_after_a_week_or_with_its_token(store: Store, lasts: float | None, session_lasts: float) -> None:
    now = time.time()
    store.tokens.create("t", Role.VIEWER, "test", expires_at=None if lasts is None else now + lasts)
    _, ends = store.tokens.begin_session("t")
    assert now + session_lasts <= ends <= time.time() + session_lasts


def test_an_expired_session_is_invalid(
    store: Store, backend: Backend, admin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lasting, _ = store.tokens.begin_session("admin")
    monkeypatch.setattr(tokens, "SESSION_SECONDS", -1)
    over, _ = store.tokens.begin_session("admin")
    assert store.tokens.by_session(over) is None
    store.tokens.tidy()
    assert store.tokens.by_session(lasting) is not None
    assert backend.count("session") == 1


def test_one_session_can_be_ended_or_all_of_a_token(store: Store, admin: str) -> None:
    store.tokens.create("other", Role.VIEWER, "admin")
    sessions = [store.tokens.begin_session("admin")[0] for _ in range(3)]
    others, (code, _) = store.tokens.begin_session("other")[0], store.tokens.link("admin")
    store.tokens.end_session(sessions[0])
    assert [store.tokens.by_session(session) is None for session in sessions] == [True, False, False]
    assert store.tokens.end_sessions("admin") == 2
    assert all(store.tokens.by_session(session) is None for session in sessions)
    assert store.tokens.by_session(others) is not None
    with pytest.raises(LinkUsed):
        store.tokens.follow(code)


# Links


def test_a_link_works_once(store: Store, admin: str) -> None:
    code, _ = store.tokens.link("admin")
    assert store.tokens.follow(code)[0].name == "admin"
    for wrong in (code, "", admin):
        with pytest.raises(LinkUsed):
            store.tokens.follow(wrong)


def test_a_link_expires_after_an_hour(
    store: Store, backend: Backend, admin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "LINK_SECONDS", -1)
    code, _ = store.tokens.link("admin")
    with pytest.raises(LinkUsed):
        store.tokens.follow(code)
    store.tokens.tidy()
    assert backend.count("link") == 0


def test_a_link_that_is_used_makes_the_others_of_its_token_void(store: Store, admin: str) -> None:
    codes = [store.tokens.link("admin")[0] for _ in range(3)]
    store.tokens.follow(codes[1])
    for code in codes:
        with pytest.raises(LinkUsed):
            store.tokens.follow(code)


def test_a_sign_in_makes_the_other_links_of_its_token_void(store: Store, admin: str) -> None:
    store.tokens.create("other", Role.VIEWER, "admin")
    first, second, others = (store.tokens.link(name)[0] for name in ("admin", "admin", "other"))
    store.tokens.begin_session(store.tokens.follow(second)[0].name)
    with pytest.raises(LinkUsed):
        store.tokens.follow(first)
    assert store.tokens.follow(others)[0].name == "other"


def test_a_link_ends_no_later_than_its_token(store: Store) -> None:
    end = time.time() + 60
    store.tokens.create("t", Role.VIEWER, "test", expires_at=end)
    assert store.tokens.link("t")[1] == end


# Links that a session has made


def begun_by_link(store: Store, session: str) -> tuple[str, float]:
    """A session that was begun by a link of that session."""
    token, maker = store.tokens.follow(store.tokens.link("admin", session)[0])
    return store.tokens.begin_session(token.name, maker)


def test_a_link_ends_with_the_session_that_made_it(store: Store, admin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(tokens, "SESSION_SECONDS", 60)
        session, ends = store.tokens.begin_session("admin")
    code, link_ends = store.tokens.link("admin", session)
    assert link_ends == ends
    store.tokens.end_session(session)
    with pytest.raises(LinkUsed):
        store.tokens.follow(code)


def test_sessions_begun_one_by_the_other_end_no_later_than_the_first(
    store: Store, admin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(tokens, "SESSION_SECONDS", 60)
        first, ends = store.tokens.begin_session("admin")
    second, second_ends = begun_by_link(store, first)
    third, third_ends = begun_by_link(store, second)
    assert ends == second_ends == third_ends
    store.tokens.end_session(third)
    assert store.tokens.by_session(second) is not None
    store.tokens.end_session(second)
    assert store.tokens.by_session(first) is not None


def test_all_that_was_begun_by_a_session_ends_with_it(store: Store, admin: str) -> None:
    first, _ = store.tokens.begin_session("admin")
    second, _ = begun_by_link(store, first)
    third, _ = begun_by_link(store, second)
    code, _ = store.tokens.link("admin", third)
    store.tokens.end_session(first)
    assert [store.tokens.by_session(session) for session in (first, second, third)] == [None] * 3
    with pytest.raises(LinkUsed):
        store.tokens.follow(code)


def test_others_who_decide_by_the_tokens_wait_for_the_end_of_the_transaction(
    store: Store, open_store: OpenStore
) -> None:
    other = open_store(busy_seconds=0)
    store.tokens.create("a", Role.ADMIN, "test")
    store.tokens.create("b", Role.ADMIN, "test")
    with store.transaction():
        store.tokens.lock()
        with pytest.raises(DatabaseBusy):
            other.tokens.revoke("a")
    other.tokens.revoke("a")
