"""Real work: a thousand commands from three concurrent clients, and restarts in the middle."""

import itertools
import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.running import eventually
from tests.stack.stacks import Stack
from tests.system import System

CLIENTS = 3
JOBS = 1000


@dataclass(frozen=True)
class Kind:
    """A kind of command: the command for a number, the expected state, and the expected output of each attempt."""

    command: Callable[[int], str]
    state: str
    outputs: Callable[[int], list[str]]


KINDS = [
    Kind(lambda n: f"printf {n} >/tmp/$QUEUECTL_JOB_ID; sha256sum </tmp/$QUEUECTL_JOB_ID; rm /tmp/$QUEUECTL_JOB_ID",
         "completed", lambda n: [f"{sha256(n)}  -\n"]),
    Kind(lambda n: f"seq {n} | gzip -9 | gzip -dc | tail -n 1", "completed", lambda n: [f"{n}\n"]),
    Kind(lambda n: f"python3 -c 'print({n} ** 2)'", "completed", lambda n: [f"{n**2}\n"]),
    Kind(lambda n: f"echo {n}; echo err >&2; exit 3", "dead", lambda n: [f"{n}\nerr\n"] * 2),
    Kind(lambda n: f"echo {n} $QUEUECTL_ATTEMPT; [ $QUEUECTL_ATTEMPT = 2 ]",
         "completed", lambda n: [f"{n} 1\n", f"{n} 2\n"]),
    Kind(lambda n: f"sleep 0.2; echo {n}", "completed", lambda n: [f"{n}\n"]),
]  # fmt: skip


def sha256(n: int) -> str:
    import hashlib

    return hashlib.sha256(str(n).encode()).hexdigest()


def test_a_thousand_jobs_of_three_clients_end_as_they_must(system: System) -> None:
    run = uuid.uuid4().hex[:12]

    def enqueue(client: int) -> None:
        numbers = range(client, JOBS, CLIENTS)
        jobs = [
            {"id": f"{run}-{n}", "command": KINDS[n % len(KINDS)].command(n), "tags": [run], "max_retries": 1,
             "backoff_base": 0.1}
            for n in numbers
        ]  # fmt: skip
        done = system.queuectl("enqueue", "-", given="\n".join(map(json.dumps, jobs)))
        assert done.out.splitlines() == [f"{run}-{n}" for n in numbers]

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(enqueue, range(CLIENTS)))
    eventually(lambda: not unfinished(system, run), patience=240)
    for n in range(JOBS):
        check(system, f"{run}-{n}", n, KINDS[n % len(KINDS)])


def unfinished(system: System, tag: str) -> bool:
    return bool(system.get(f"/api/jobs?tag={tag}&state=pending,processing,failed&limit=1")["items"])


def check(system: System, job_id: str, n: int, kind: Kind) -> None:
    job = system.job(job_id)
    outputs = kind.outputs(n)
    assert job["state"] == kind.state, job
    assert [system.log(job_id, attempt=number) for number in range(1, len(outputs) + 1)] == outputs
    assert len(job["history"]) == len(outputs)
    assert_no_overlap(job)


def assert_no_overlap(job: dict[str, Any]) -> None:
    spans = [
        (datetime.fromisoformat(attempt["started_at"]), datetime.fromisoformat(attempt["ended_at"]))
        for attempt in job["history"]
    ]
    assert all(start <= end for start, end in spans), job
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans)), job


def test_restarts_in_the_middle_of_work_lose_nothing(stack: Stack, system: System) -> None:
    tag = uuid.uuid4().hex[:12]
    # Some take three times as long as the drain may, so that they are handed back.
    jobs = [
        {"id": f"{tag}-{n}", "command": f"sleep {6 if n % 40 == 0 else 0.1}; echo {n}", "tags": [tag]}
        for n in range(400)
    ]
    system.queuectl("enqueue", "-", given="\n".join(map(json.dumps, jobs)))
    some_done(system, tag, 20)
    stack.restart()
    some_done(system, tag, 150)
    stack.stop()
    stack.start()
    eventually(lambda: not unfinished(system, tag), patience=240)
    for n in range(400):
        job = system.job(f"{tag}-{n}")
        assert (job["state"], job["attempts"]) == ("completed", 1), job
        assert [attempt["state"] for attempt in job["history"][:-1]] == ["released"] * (len(job["history"]) - 1)
        assert system.log(job["id"]) == f"{n}\n"
        assert_no_overlap(job)


def some_done(system: System, tag: str, number: int) -> None:
    def enough() -> bool:
        return len(system.get(f"/api/jobs?tag={tag}&state=completed&limit=500")["items"]) >= number

    eventually(enough)
