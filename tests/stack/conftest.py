"""The whole system, once in containers and once as processes: the same tests run against both."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.browser import FLAGS, installed
from tests.lacking import lacking
from tests.signed_in import TOKEN, sign_in
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
def browser() -> Iterator[Browser]:
    """A browser: one for all tests, as to start one takes longer than most of them."""
    path = installed()
    if path is None:
        lacking("there is no browser")
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


EXPECTED = "status of (401|403|404|409|422|429)|ERR_NETWORK_CHANGED"
"""What the API refuses; and what the browser says when tests beside this one make networks for their containers."""


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of; to be cleared by a test that gives it a reason."""
    return []


@pytest.fixture
def open_page(browser: Browser, complaints: list[str], stack: Stack) -> Iterator[Callable[[str | None], Page]]:
    """Opens pages, each as of a fresh browser, signed in with a token or (None) not at all.

    What they complain of fails the test, but for what the API refuses.
    """
    contexts: list[BrowserContext] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and not re.search(EXPECTED, message.text):
            complaints.append(message.text)

    def opened(token: str | None) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        if token is not None:
            sign_in(context, stack.page, token)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", heard)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: Callable[[str | None], Page]) -> Page:
    """A page of an admin."""
    return open_page(TOKEN)
