"""Whatever is asked, in whatever order, while jobs run: each answer is one that the OpenAPI schema promises."""

import json
import subprocess
import uuid
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from pydantic import ValidationError

from queuectl_api.strict import IDEMPOTENCY_KEY
from queuectl_core.model.config import NUMBERS, SETTINGS
from queuectl_core.model.new_job import JobChange, NewJob
from tests import openapi
from tests.faults.options import times
from tests.faults.report import Finding, record
from tests.running import eventually, migrate, program, running_api
from tests.signed_in import client
from tests.system import System

Case = schemathesis.Case[Any]

NDJSON = "application/x-ndjson"
HARMLESS = ("exit 0", "exit 3", "echo x; exit 0", "sleep 0.1; exit 1")
DAMAGES: dict[str, Callable[[str], bytes]] = {
    "none": str.encode,
    "cut": lambda line: line[:-1].encode(),
    "not UTF-8": lambda line: line[:-1].encode() + b', "cwd": "/\xff"}',
    "UTF-16": lambda line: line.encode("utf-16"),
    "byte order mark": lambda line: line.encode("utf-8-sig"),
    "two jobs": lambda line: (line + line).encode(),
    "an array": lambda line: f"[{line}]".encode(),
    "no object": lambda _: b"null",
    "an unknown field": lambda line: line[:-1].encode() + b', "nope": 1}',
    "not finite": lambda line: line[:-1].encode() + b', "timeout": NaN}',
    "endless number": lambda line: line[:-1].encode() + b', "priority": ' + b"9" * 5000 + b"}",
    "lone surrogate": lambda line: line[:-1].encode() + b', "cwd": "/\\ud800"}',
    "deep": lambda line: line[:-1].encode() + b', "env": ' + b"[" * 5000 + b"]" * 5000 + b"}",
}


def linked(document: dict[str, Any]) -> dict[str, Any]:
    """The schema with links for what Schemathesis cannot infer: all that can be done with a job, and with lists."""
    operations = {
        operation["operationId"]: operation for path in document["paths"].values() for operation in path.values()
    }
    of_job = ["showJob", "readLog", "listRuns", "changeJob", "cancelJob", "retryJob", "rerunJob", "retryDeadJob"]
    of_job += ["deleteJob"]
    of_all = ["listJobs", "listDeadJobs", "retryDeadJobs", "purgeDeadJobs", "showStatus", "listConfig", "listWorkers"]
    of_all += ["countJobs", "listTags", "groupDeadJobs", "metrics", "healthz", "readyz"]
    sources = {"enqueueJob": "id", "enqueueBatch": "ids/0", "showJob": "id", "cancelJob": "id", "retryJob": "id"}
    for source, place in (sources | {"retryDeadJob": "id", "listDeadJobs": "items/0/id"}).items():
        for answer in [answer for status, answer in operations[source]["responses"].items() if status < "3"]:
            answer["links"] = {
                name: {"operationId": name, "parameters": {"id": f"$response.body#/{place}"}} for name in of_job
            }
    answer = operations["enqueueBatch"]["responses"]["201"]
    answer["links"] |= {name: {"operationId": name} for name in of_all}
    for key in SETTINGS:
        answer["links"][f"show {key}"] = {"operationId": "showConfig", "parameters": {"key": key}}
    for key in NUMBERS:  # a list of commands for all queues would have good jobs refused
        answer["links"][f"set {key}"] = {
            "operationId": "setConfig",
            "parameters": {"key": key},
            "requestBody": {"value": 1},
        }
    return document


document = openapi.document()
# What a line must be, a JSON schema cannot say: test_a_batch_is_stored_whole_or_not_at_all does.
del document["paths"]["/api/jobs/batch"]["post"]["requestBody"]["content"][NDJSON]
# Each order of a list has cursors of its own; test_jobs.py follows them.
for path in ("/api/jobs", "/api/dlq"):
    of_list = document["paths"][path]["get"]
    of_list["parameters"] = [parameter for parameter in of_list["parameters"] if parameter["name"] != "cursor"]
# A key that comes again with another request is refused; test_idempotency.py sends some.
for operation in [operation for path in document["paths"].values() for operation in path.values()]:
    given_here = operation.get("parameters", [])
    operation["parameters"] = [parameter for parameter in given_here if parameter["name"] != IDEMPOTENCY_KEY]
schema = schemathesis.openapi.from_dict(
    linked(document),
    config=schemathesis.Config.from_dict(
        {
            "checks": {
                # /api/jobs/batch is an id of /api/jobs/{id} as well: that path allows more methods than stand at it.
                "allow_header_conformance": {"enabled": False},
                # What is too long may be refused as such: Schemathesis does not count a 413 as a refusal.
                "negative_data_rejection": {"expected-statuses": ["4xx", "5xx"]},
            },
            # Each setting has bounds of its own; not every text is a cron expression or a time zone.
            "operations": [
                {"include-operation-id": operation, "checks": {"positive_data_acceptance": {"enabled": False}}}
                for operation in ("setConfig", "createSchedule", "changeSchedule", "backfillSchedule")
            ],
        }
    ),
).exclude(path="/api/events")  # it never ends: test_a_stream_of_events_begins_at_any_cursor


class Shift:
    """A worker; another one takes its place once it was told to drain."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.client = client(system.url)
        self._program = ExitStack()
        self.process = self._start()

    def relieve(self) -> None:
        assert self.process.poll() is None, "the worker has ended"
        if any(worker["draining"] for worker in self.client.get("/api/workers").json()["items"]):
            self.end()
            self.process = self._start()

    def end(self) -> None:
        self._program.close()

    def _start(self) -> subprocess.Popen[bytes]:
        data_dir = self.system.data_dir
        assert data_dir
        worker = program("queuectl-worker", data_dir / "worker.log", data_dir=data_dir, concurrency=4, drain_grace=0)
        process = self._program.enter_context(worker)
        eventually(lambda: self.system.get("/api/status")["workers"])
        return process


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shift]:
    """An API of two processes, and who works for it."""
    data_dir: Path = tmp_path_factory.mktemp("schema")
    migrate(data_dir)
    with running_api(data_dir, api_processes=2) as url:
        shift = Shift(System(url, data_dir))
        yield shift
        shift.relieve()
        shift.end()
    assert "Traceback" not in (data_dir / "api.log").read_text()


def tame(case: Case, client: httpx.Client) -> None:
    """Keep a request from doing what would harm this machine, or never end."""
    given, query = case.path_parameters or {}, case.query or {}
    tame_times(query)
    match case.operation.definition.raw["operationId"]:
        case "enqueueJob" | "enqueueBatch":
            for job in case.body if isinstance(case.body, list) else [case.body]:
                tame_job(job)
        case "changeJob":
            tame_job(case.body, JobChange)
        case "createSchedule" | "changeSchedule" if isinstance(case.body, dict):
            case.body.pop("job", None)  # its commands would be run
        case "setConfig" if given.get("key") == "retention" and isinstance(case.body, dict):
            value = case.body.get("value")
            if isinstance(value, float | int) and 0 < value < 3600:
                case.body["value"] = 3600  # a job that was retained for a moment only cannot be shown again
        case "readLog" if "follow" in query and "id" in given:
            # The output of a job that waits for tomorrow ends tomorrow: that of a cancelled one ends.
            client.post(f"/api/jobs/{quote(str(given['id']), safe='')}/cancel")


def tame_times(fields: Any) -> None:
    """Leave out those that may lie outside of the calendar in UTC, which a JSON schema cannot say."""
    for name in set(fields) if isinstance(fields, dict) else ():
        if name.endswith(("run_at", "since", "until")) and str(fields[name]).startswith(("0001-", "9999-")):
            del fields[name]


def tame_job(job: Any, kind: type[NewJob] | type[JobChange] = NewJob) -> None:
    """Have a job that would be accepted end before the shell comes to the line that was made up."""
    tame_times(job)
    with suppress(ValidationError):
        if "command" in kind.model_validate(job).model_fields_set:
            job["command"] = f"{HARMLESS[len(job['command']) % len(HARMLESS)]}\n{job['command']}"


def test_any_sequence_of_requests_is_answered_as_documented(shift: Shift) -> None:
    answers, failures = Counter[tuple[str, int]](), list[Exception]()

    class Sequence(schema.as_state_machine()):  # type: ignore[misc]
        def step(self, input: Any) -> Any:
            try:
                return super().step(input)
            except Exception as fault:
                failures.append(fault)
                raise

        def before_call(self, case: Case) -> None:
            tame(case, shift.client)

        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            return {"base_url": shift.system.url, "timeout": 60}

        def after_call(self, response: schemathesis.Response, case: Case) -> None:
            super().after_call(response, case)
            answers[case.operation.label, response.status_code] += 1

        def teardown(self) -> None:
            shift.relieve()

    generation = settings(
        max_examples=8,
        stateful_step_count=times(20, 50),
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    while answers.total() < times(60, 3_000):
        # The queue is not what it was when the same sequence begins again: Hypothesis notices, and starts anew.
        with suppress(FlakyStrategyDefinition):
            Sequence.run(settings=generation)
        if failures:
            raise failures[0]
    last = shift.system.enqueue("true", timeout=60, priority=1000)
    shift.system.in_state(last, "completed")
    record(
        Finding(
            fault="any sequence of requests",
            cause="Schemathesis on the OpenAPI schema, each answer checked, while a worker runs the jobs",
            times=answers.total(),
            jobs=answers["POST /api/jobs", 201] + answers["POST /api/jobs/batch", 201],
        )
    )


NO_UNIQUE_KEY = dict.fromkeys(("unique", "unique_for", "on_conflict"))


def tamed_jobs() -> st.SearchStrategy[dict[str, Any]]:
    """What may be enqueued, by the schema, with one of a few ids or none, and each for itself."""

    def tamed(case: Case, name: str | None) -> dict[str, Any]:
        job: Any = case.body
        tame_job(job)
        return {**job, "id": name} | NO_UNIQUE_KEY

    names = st.none() | st.sampled_from("abcdefgh")
    return st.builds(tamed, schema["/api/jobs"]["POST"].as_strategy(), names)


@given(
    lines=st.lists(st.tuples(tamed_jobs(), st.booleans()), min_size=1, max_size=6),
    damage=st.just("none") | st.sampled_from(list(DAMAGES)),
    space=st.sampled_from(["", " ", "\n", "\r\n \n\t"]),
    kind=st.sampled_from([NDJSON, "application/json"]),
)
@settings(
    max_examples=times(30, 1000),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink what is made of the schema takes minutes
    suppress_health_check=list(HealthCheck),
)
def test_a_batch_is_stored_whole_or_not_at_all(
    lines: list[tuple[dict[str, Any], bool]], damage: str, space: str, kind: str, shift: Shift
) -> None:
    queue = uuid.uuid4().hex
    names = [job["id"] and queue + job["id"] for job, _ in lines]
    *whole, last = (
        json.dumps(job | {"queue": queue, "id": name}, ensure_ascii=escaped)
        for (job, escaped), name in zip(lines, names, strict=True)
    )
    encoded = [*(line.encode() for line in whole), DAMAGES[damage](last)]
    content = (
        f"{space}\n".encode().join(encoded) if kind == NDJSON else b"[" + f",{space}".encode().join(encoded) + b"]"
    )
    answer = shift.client.post("/api/jobs/batch", content=content, headers={"Content-Type": kind})
    told = json.loads(answer.text, parse_constant=pytest.fail)
    there = shift.client.get("/api/jobs", params={"queue": queue, "sort": "created_at"}).json()["items"]
    if damage == "byte order mark" and content.startswith(BOM_UTF8):
        damage = "none"  # it stands where it may
    if damage != "none" or any(number > 1 for name, number in Counter(names).items() if name):
        assert answer.status_code == (409 if damage == "none" else 422), told
        assert told["detail"] and there == []
    else:
        assert answer.status_code == 201, told
        assert told == {"count": len(lines), "ids": [job["id"] for job in there], "existing": []}
        assert all(name in (None, job["id"]) for name, job in zip(names, there, strict=True))


@given(
    last=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=40)
    | st.integers(0, 10**20).map(str)
    | st.integers(20, 20_000).map(lambda digits: "9" * digits)
)
@settings(max_examples=times(25, 500), suppress_health_check=list(HealthCheck))
def test_a_stream_of_events_begins_at_any_cursor(last: str, shift: Shift) -> None:
    headers = {b"Last-Event-ID": last.strip().encode("latin-1")}
    with shift.client.stream("GET", "/api/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert next(answer.iter_lines()).startswith("event: ")
