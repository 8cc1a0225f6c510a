"""The API keeps to its own OpenAPI schema, whatever is sent."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from requests.adapters import HTTPAdapter
from schemathesis.specs.openapi.checks import allow_header_conformance

from queuectl_api.strict import IDEMPOTENCY_KEY
from tests import openapi
from tests.faults.options import times

STREAMS = ["/api/events", "/api/logs/{id}"]  # a follower waits for an end that may not come
RESTORE = "/api/restore"  # a JSON schema cannot say what a backup is; test_backup.py does
# Not every text is a cron expression or a time zone, and some fields do not fit together; test_schedules.py says which.
SCHEDULES = [
    {"include-operation-id": operation, "checks": {"positive_data_acceptance": {"enabled": False}}}
    for operation in ("createSchedule", "changeSchedule", "backfillSchedule")
]

Case = schemathesis.Case[Any]


@pytest.fixture(scope="module")
def schema() -> schemathesis.BaseSchema:
    """What is promised, as far as Schemathesis can make requests from it.

    Prepared when it is needed: that takes seconds, and each process of a run collects these tests.
    """
    document = openapi.document()
    # A JSON schema cannot say what the lines of NDJSON must be; test_batch.py does.
    del document["paths"]["/api/jobs/batch"]["post"]["requestBody"]["content"]["application/x-ndjson"]
    # Each order of a list has cursors of its own; test_jobs.py follows them.
    for path in ("/api/jobs", "/api/dlq"):
        of_list = document["paths"][path]["get"]
        of_list["parameters"] = [parameter for parameter in of_list["parameters"] if parameter["name"] != "cursor"]
    # A key that comes again with another request is refused; test_idempotency.py sends some.
    for operation in [operation for path in document["paths"].values() for operation in path.values()]:
        given = operation.get("parameters", [])
        operation["parameters"] = [parameter for parameter in given if parameter["name"] != IDEMPOTENCY_KEY]
    # To come by chance upon commands that are no words of the shell takes minutes; test_allowed.py names some.
    commands = document["components"]["schemas"]["QueueChange"]["properties"]["commands"]["anyOf"][0]["items"]
    del commands["pattern"]
    # What is too long may be refused as such: Schemathesis does not count a 413 as a refusal.
    refusals = {"negative_data_rejection": {"expected-statuses": ["4xx", "5xx"]}}
    config = schemathesis.Config.from_dict({"checks": refusals, "operations": SCHEDULES})
    return schemathesis.openapi.from_dict(document, config=config)


class FromAnotherAddress(HTTPAdapter):
    """The tokens that are made up here are guesses, which are held against no other test."""

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """See HTTPAdapter."""
        super().init_poolmanager(*args, **more, source_address=("127.0.0.7", 0))


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """A connection from there."""
    with requests.Session() as session:
        session.mount("http://", FromAnotherAddress())
        yield session


promised = schemathesis.pytest.from_fixture("schema")
documented = settings(max_examples=times(8, 50), suppress_health_check=list(HealthCheck))


@promised.include(tag="jobs").parametrize()
@documented
def test_answers_about_jobs_are_documented(case: Case, url: str, session: requests.Session) -> None:
    check(case, url, session)


@promised.include(tag="schedules").parametrize()
@documented
def test_answers_about_schedules_are_documented(case: Case, url: str, session: requests.Session) -> None:
    check(case, url, session)


@promised.exclude(tag=["jobs", "schedules"]).exclude(path=[*STREAMS, RESTORE]).parametrize()
@documented
def test_all_other_answers_are_documented(case: Case, url: str, session: requests.Session) -> None:
    check(case, url, session)


def check(case: Case, url: str, session: requests.Session) -> None:
    # /api/jobs/batch is an id of /api/jobs/{id} as well, so that path allows more methods than stand at it.
    case.call_and_validate(base_url=url, session=session, timeout=60, excluded_checks=[allow_header_conformance])
