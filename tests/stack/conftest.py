"""The whole system, once in containers and once as processes: the same tests run against both."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.browser import FLAGS, installed
from tests.lacking import lacking
from tests.stack.stacks import Containers, Processes, Stack, engine_answers
from tests.system import System

PROCESSES = pytest.param("processes", marks=pytest.mark.xdist_group("processes"))
CONTAINERS = pytest.param("containers", marks=[pytest.mark.containers, pytest.mark.xdist_group("containers")])


@pytest.fixture(scope="session", params=[PROCESSES, CONTAINERS])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running system with four workers."""
    directory = tmp_path_factory.mktemp(request.param)
    if request.param == "containers" and not engine_answers():
        lacking("no container engine answers")
    stack: Stack = Processes(directory) if request.param == "processes" else Containers(directory)
    try:
        stack.start()
        yield stack
    finally:
        stack.remove()


@pytest.fixture
def system(stack: Stack) -> System:
    """The way into the stack."""
    return stack.system


@pytest.fixture(scope="session")
def browser_path() -> str:
    """A browser."""
    path = installed()
    if path is None:
        lacking("there is no browser")
    return path


@pytest.fixture
def page(stack: Stack, browser_path: str) -> Iterator[Page]:
    """The dashboard in a browser; whatever the browser complains of fails the test."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(stack.page)
        page.get_by_text("Live", exact=True).wait_for()
        yield page
        browser.close()
    assert complaints == []
