"""The API keeps to its own OpenAPI schema, whatever is sent."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from requests.adapters import HTTPAdapter
from schemathesis.specs.openapi.checks import allow_header_conformance

from queuectl_api.app import create
from queuectl_api.settings import ApiSettings

STREAMS = ["/api/events", "/api/logs/{id}"]  # a follower waits for an end that may not come
RESTORE = "/api/restore"  # a JSON schema cannot say what a backup is; test_backup.py does

document = create(ApiSettings()).openapi()
# A JSON schema cannot say what the lines of NDJSON must be; test_batch.py does.
del document["paths"]["/api/jobs/batch"]["post"]["requestBody"]["content"]["application/x-ndjson"]
# Each order of a list has cursors of its own; test_jobs.py follows them.
for path in ("/api/jobs", "/api/dlq"):
    of_list = document["paths"][path]["get"]
    of_list["parameters"] = [parameter for parameter in of_list["parameters"] if parameter["name"] != "cursor"]
# To come by chance upon commands that are no words of the shell takes minutes; tests/core/test_allowed.py names some.
commands = document["components"]["schemas"]["QueueChange"]["properties"]["commands"]["anyOf"][0]["items"]
del commands["pattern"]
schema = schemathesis.openapi.from_dict(document).exclude(path=[*STREAMS, RESTORE])


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


@schema.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_a_documented_one(case: schemathesis.Case[Any], url: str, session: requests.Session) -> None:
    # /api/jobs/batch is an id of /api/jobs/{id} as well, so that path allows more methods than stand at it.
    case.call_and_validate(base_url=url, session=session, timeout=60, excluded_checks=[allow_header_conformance])
