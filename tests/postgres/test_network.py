"""A network between some hosts and the database that is away for longer than the leases, again and again."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.faults.commands import MIX, Kind
from tests.faults.options import times
from tests.faults.storm import storm
from tests.postgres.consistency import contradictions
from tests.postgres.firewall import dropping
from tests.postgres.host_fleet import running_hosts
from tests.postgres.proxy import Proxy
from tests.running import eventually

LEASE = 3
LASTING = MIX | {Kind.KILLER: 0, Kind.LONG: 15}


def silent(proxy: Proxy) -> AbstractContextManager[None]:
    return proxy.silent()


def dropped(proxy: Proxy) -> AbstractContextManager[None]:
    return dropping(proxy.port)


@pytest.mark.parametrize(
    ("cut_off", "name", "cause"),
    [
        (silent, "Network silent", "a proxy that accepts everything and passes on nothing"),
        (dropped, "Packets dropped", "a firewall that drops all packets"),
    ],
)
def test_nothing_overlaps_when_hosts_are_cut_off(
    database: str, tmp_path: Path, cut_off: Callable[[Proxy], AbstractContextManager[None]], name: str, cause: str
) -> None:
    proxy = Proxy(database)
    with running_hosts(tmp_path, database, workers=2, last=proxy.url, heartbeat=0.3, heartbeat_timeout=LEASE) as fleet:
        worker = fleet.workers[-1]

        def cut_off_for_a_while() -> None:
            with cut_off(proxy):
                eventually(lambda: not worker.commands())
                time.sleep(LEASE)
            fleet.complete()

        storm(
            fleet,
            cut_off_for_a_while,
            name=name,
            cause=f"PostgreSQL: {cause} of an API and a worker, for longer than the lease",
            number=times(1, 10),
            pause=1.5,
            mix=LASTING,
        )
    proxy.close()
    assert not contradictions(database)
