"""The same request on many connections at once: one is carried out, and the others are told."""

import json
from collections import Counter
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from queuectl_api.first_token import provide_token
from queuectl_api.settings import ApiSettings
from queuectl_core.model.errors import IdGivenTwice, JobExists, LastAdmin, TokenNotFound
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.role import Role
from queuectl_core.store.store import Store
from tests.postgres.consistency import contradictions
from tests.postgres.opened import open_store
from tests.postgres.parallel import in_parallel

CLIENTS = 16


def test_one_of_many_enqueues_with_the_same_id_succeeds(database: str) -> None:
    def enqueue(store: Store) -> list[object]:
        results: list[object] = []
        for n in range(5):
            try:
                results.append(store.enqueue(NewJob(id=f"j{n}", command="true")))
            except JobExists as fault:
                results.append(fault.same)
        return results

    each = in_parallel(database, *[enqueue] * CLIENTS)
    for n in range(5):
        assert Counter(results[n] for results in each) == {f"j{n}": 1, True: CLIENTS - 1}
    assert contradictions(database) == []


def test_one_of_many_batches_with_the_same_id_succeeds(database: str) -> None:
    def enqueue(number: int, store: Store) -> object:
        batch = store.batch()
        batch.stage([(0, NewJob(command="true")), (1, NewJob(id="taken", command=f"echo {number % 2}"))])
        try:
            batch.commit()
        except JobExists as fault:
            return fault.position, fault.same
        return number % 2

    each = Counter(in_parallel(database, *[lambda store, n=n: enqueue(n, store) for n in range(8)]))
    [winner] = {0, 1} & each.keys()
    assert each == {winner: 1, (1, True): 3, (1, False): 4}
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM job").fetchone() == (2,)
    assert contradictions(database) == []


def test_an_id_that_is_given_twice_in_a_batch_is_named(database: str) -> None:
    with open_store(database, durable=True) as store:
        batch = store.batch()
        batch.stage([(n, NewJob(id="twice", command="true")) for n in (4, 7)])
        with pytest.raises(IdGivenTwice) as caught:
            batch.commit()
        assert (caught.value.first, caught.value.position) == (4, 7)


def test_one_of_many_requests_with_the_same_key_is_carried_out(database: str) -> None:
    def request(store: Store) -> str:
        with store.transaction():
            stored = store.answers.find("key", "request")
            if stored is None:
                stored = json.dumps(store.enqueue(NewJob(command="true")))
                store.answers.keep("key", "request", stored)
            return stored

    assert len({*in_parallel(database, *[request] * CLIENTS)}) == 1
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM job").fetchone() == (1,)


def test_one_admin_remains_if_all_are_revoked_at_once(database: str) -> None:
    with open_store(database, durable=True) as store:
        for n in range(4):
            store.tokens.create(f"admin{n}", Role.ADMIN, "test")

    def revoke(name: str, store: Store) -> str:
        try:
            store.tokens.revoke(name)
        except LastAdmin:
            return "last"
        except TokenNotFound:
            return "gone"
        return "revoked"

    each = in_parallel(database, *[lambda store, n=n: revoke(f"admin{n % 4}", store) for n in range(8)])
    assert Counter(each)["revoked"] == 3
    with open_store(database, durable=True) as store:
        assert store.tokens.is_administered()


@pytest.mark.parametrize("token", ["", "nV8-qkR3.w0zT_5yHbLmX2"])
def test_one_token_is_created_if_many_processes_start_first(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setattr(ApiSettings, "store_url", database)
    settings = ApiSettings(data_dir=tmp_path, token=SecretStr(token))
    in_parallel(database, *[lambda _: provide_token(settings)] * 6)
    with open_store(database, durable=True) as store:
        [only] = store.tokens.all()
        assert only.role is Role.ADMIN
        if not token:
            assert store.tokens.by_secret((tmp_path / "token").read_text().strip()) == only
        created = [entry.subject for entry in store.audit.page(limit=10).items]
        assert created == [only.name]
