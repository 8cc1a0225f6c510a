"""Batches: what jobs have in common is stored once, for as many kinds as are remembered."""

from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.store.staged_batch import MOST_TEMPLATES
from queuectl_core.store.store import Store


def test_a_batch_may_have_more_kinds_of_jobs_than_are_remembered(store: Store) -> None:
    batch = store.batch()
    for _ in range(2):
        first = len(list(batch.ids()))
        batch.stage([(first + place, NewJob(command="true", timeout=1 + place)) for place in range(MOST_TEMPLATES + 5)])
    batch.commit()
    assert store.jobs.count(Filter()) == (2 * (MOST_TEMPLATES + 5), True)
    timeouts = {job.timeout for job in store.jobs.page(Filter(), limit=3000).items}
    assert timeouts == {1 + place for place in range(MOST_TEMPLATES + 5)}
