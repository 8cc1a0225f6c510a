"""The whole system, in containers and as processes; the same tests run against both."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.browser import FLAGS, installed
from tests.lacking import lacking
from tests.signed_in import TOKEN, sign_in
from tests.stack.stacks import Containers, Processes, Stack, engine_answers
from tests.system import System

PROCESSES = pytest.param("processes", marks=pytest.mark.xdist_group("processes"))
CONTAINERS = pytest.param("containers", marks=[pytest.mark.containers, pytest.mark.xdist_group("containers")])


@pytest.fixture(scope="package", params=[PROCESSES, CONTAINERS])
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
    """The stack's system."""
    return stack.system


@pytest.fixture(autouse=True)
def settings_are_as_before(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that leaves a changed setting in the shared stack fails, not whichever test comes after it."""
    yield
    if "stack" in request.fixturenames:
        assert request.getfixturevalue("stack").system.reset_config() == []


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser, shared by all tests because starting one takes longer than most of them."""
    path = installed()
    if path is None:
        lacking("there is no browser")
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


INTERRUPTED = "net::ERR_NETWORK_CHANGED"
"""Why the browser drops what it is loading when other tests' containers change the networks of this machine."""

EXPECTED = f"status of (401|403|404|409|422|429)|{INTERRUPTED}"
"""Console errors to ignore: refused requests, and INTERRUPTED."""


def is_expected(message: ConsoleMessage) -> bool:
    """Whether a console error is no fault: see EXPECTED, or the API hung up on events, as when a session has ended."""
    hung_up = "ERR_INCOMPLETE_CHUNKED_ENCODING" in message.text and message.location["url"].endswith("/api/events")
    return hung_up or re.search(EXPECTED, message.text) is not None


def load_again_if_interrupted(page: Page) -> None:
    """Have `page.goto` and `page.reload` load the page again if it has lost a script, without which it stays empty."""
    lost: list[str] = []
    first_goto, first_reload = page.goto, page.reload

    def failed(request: Request) -> None:
        if request.resource_type == "script" and request.failure == INTERRUPTED:
            lost.append(request.url)

    def goto(url: str, **options: Any) -> Response | None:
        response = first_goto(url, **options)
        if not lost:
            return response
        lost.clear()
        first_goto("about:blank")  # going to the same URL would load nothing if it has a hash
        return goto(url, **options)

    def reload(**options: Any) -> Response | None:
        response = first_reload(**options)
        return goto(page.url) if lost else response

    page.on("requestfailed", failed)
    page.goto, page.reload = goto, reload  # type: ignore[method-assign]


@pytest.fixture
def complaints() -> list[str]:
    """Errors reported by the browser; a test that causes some on purpose clears the list."""
    return []


@pytest.fixture
def open_page(browser: Browser, complaints: list[str], stack: Stack) -> Iterator[Callable[[str | None], Page]]:
    """Opens pages in a new browser context each, signed in with a token, or (None) not signed in.

    Errors in the page fail the test, except refused requests.
    """
    contexts: list[BrowserContext] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and not is_expected(message):
            complaints.append(message.text)

    def opened(token: str | None) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        if token is not None:
            sign_in(context, stack.page, token)
        page = context.new_page()
        page.set_default_timeout(30_000)
        load_again_if_interrupted(page)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", heard)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: Callable[[str | None], Page]) -> Page:
    """A page, signed in as an admin."""
    return open_page(TOKEN)
