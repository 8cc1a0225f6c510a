"""What running commands use: written by their worker, read by everybody."""

from queuectl_core.model.new_job import NewJob
from queuectl_core.model.usage import Usage
from queuectl_core.store.store import Store
from tests.store.attempts import claim_one, register
from tests.store.backend import OpenStore

USED = Usage(at=1.5, cpu=0.5, cpu_seconds=2.25, memory_bytes=1 << 40, processes=3)


def test_each_sample_replaces_the_one_before(store: Store, open_store: OpenStore) -> None:
    reader = open_store()
    assert reader.usages.read("w1") == {}
    store.usages.write("w1", {"1-1": USED, "2-1": USED})
    assert reader.usages.read("w1") == {"1-1": USED, "2-1": USED}
    store.usages.write("w1", {"2-1": USED})
    assert reader.usages.read("w1") == {"2-1": USED}
    assert reader.usages.read("w2") == {}
    store.usages.remove("w1")
    assert reader.usages.read("w1") == {}


def test_a_running_job_is_shown_with_its_usage(store: Store) -> None:
    register(store, "w1")
    store.enqueue(NewJob(command="true"))
    lease = claim_one(store).lease
    assert store.workers.usage(lease) is None
    store.usages.write("w1", {lease.key: USED})
    assert store.workers.usage(lease) == USED
    assert [job.usage for job in store.workers.running()["w1"]] == [USED]


def test_usage_is_removed_when_its_worker_unregisters(store: Store) -> None:
    register(store, "w1")
    store.usages.write("w1", {"1-1": USED})
    store.workers.unregister("w1")
    assert store.usages.read("w1") == {}
