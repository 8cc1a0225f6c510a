"""Report on stderr why jobs do not start, while another command waits for them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from queuectl_cli.client import Client, NotFound, segment
from queuectl_cli.failure import Failure
from queuectl_cli.id_prefix import job_by_id_or_prefix
from queuectl_cli.output import note
from queuectl_cli.states import ENDED

SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 10.0


@contextmanager
def report_waiting_reasons(api: Client, job_ids: Iterable[str], *, prefixes: bool = False) -> Iterator[None]:
    """Report each reason once while the block runs. Most jobs start before the first check."""
    stop = Event()
    Thread(target=_report, args=(Client(api.credentials), set(job_ids), prefixes, stop), daemon=True).start()
    try:
        yield
    finally:
        stop.set()


def _report(api: Client, job_ids: set[str], prefixes: bool, stop: Event) -> None:
    reported = dict[str, str]()
    pause = SHORTEST_PAUSE
    while job_ids and not stop.wait(pause):
        pause = min(pause * 2, LONGEST_PAUSE)
        for job_id in sorted(job_ids):
            try:
                path = f"/api/jobs/{segment(job_id)}"
                job = job_by_id_or_prefix(api, job_id, generated=True) if prefixes else api.get(path)
            except NotFound:
                job_ids.remove(job_id)
                continue
            except Failure:  # the command that waits for the job reports it
                break
            waiting = job.get("waiting_for")  # older APIs do not send it
            if job["state"] in ENDED:
                job_ids.remove(job_id)
            elif waiting and waiting["detail"] != reported.get(job_id) and not stop.is_set():
                reported[job_id] = waiting["detail"]
                note(f"queuectl: job {job['id']} is waiting: {waiting['detail']}")
