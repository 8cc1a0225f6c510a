"""An API as anybody would start it, of two processes."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import migrate, running_api
from tests.signed_in import client

DASHBOARD = "<!doctype html><title>the page</title>"


@pytest.fixture(scope="package")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where its queue is, and a page beside it."""
    directory = tmp_path_factory.mktemp("attacks")
    migrate(directory)
    (directory / "page" / "assets").mkdir(parents=True)
    (directory / "page" / "index.html").write_text(DASHBOARD)
    return directory


@pytest.fixture(scope="package")
def url(data_dir: Path) -> Iterator[str]:
    """Where it listens."""
    with running_api(data_dir, api_processes=2, dashboard_dir=data_dir / "page") as url:
        yield url


@pytest.fixture
def browser(url: str) -> Iterator[httpx.Client]:
    """A browser that is signed in: it has the cookie, and no token."""
    with client(url) as browser:
        token = str(browser.headers.pop("Authorization")).removeprefix("Bearer ")
        browser.post("/api/session", json={"token": token}).raise_for_status()
        yield browser
