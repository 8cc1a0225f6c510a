"""The frame around every page: navigation, shortcuts, command palette, themes, connection status."""

import re

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.names import unique
from tests.running import eventually
from tests.signed_in import sign_in
from tests.stack.page.steps import hold, visit
from tests.stack.stacks import Stack
from tests.system import System
from tests.wire import wire


def test_every_page_has_a_link_and_a_shortcut(page: Page, stack: Stack) -> None:
    places = {"Jobs": "j", "Dead letters": "d", "Queues": "q", "Schedules": "t", "Workers": "w", "Settings": "s"}
    visit(page, stack)
    for name, letter in places.items():
        page.get_by_role("navigation").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        by_click = page.url
        page.get_by_role("link", name="QueueCTL", exact=True).click()
        page.keyboard.press("g")
        page.keyboard.press(letter)
        expect(page).to_have_url(by_click)
        expect(page).to_have_title(re.compile(f"{name} · QueueCTL"))


def test_pages_open_at_their_urls(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.page}/queues")
    expect(page.get_by_role("heading", level=1)).to_have_text("Queues")
    page.goto(f"{stack.page}/no/such/place")
    expect(page.get_by_text("There is no page at this address")).to_be_visible()


def test_page_code_that_fails_to_load_is_fetched_again(page: Page, stack: Stack, complaints: list[str]) -> None:
    lost = list[str]()

    def lose_once(route: Route) -> None:
        lost.append(route.request.url)
        if lost.count(route.request.url) > 1:
            route.continue_()
        else:
            route.abort("internetdisconnected")

    page.route("**/assets/QueuesPage*.js", lose_once)
    page.goto(f"{stack.page}/queues")
    expect(page.get_by_role("heading", level=1)).to_have_text("Queues")
    assert len(lost) == 2
    assert "INTERNET_DISCONNECTED" in complaints.pop()


def test_an_unexpected_error_names_the_request_in_the_log(page: Page, stack: Stack, complaints: list[str]) -> None:
    failed = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "something went wrong"}

    def fail(route: Route) -> None:
        route.fulfill(status=500, json=failed, headers={"X-Request-Id": "0123abcd"})

    page.route("**/api/queues", fail)
    page.goto(f"{stack.page}/queues")
    expect(page.get_by_role("alert")).to_have_text("something went wrong (request 0123abcd)Try again")
    complaints.clear()  # from the failed requests


def test_the_page_is_compressed(stack: Stack) -> None:
    page = httpx.get(stack.page).text
    [script] = re.findall(r'src="(/assets/[^"]+)"', page)
    assert httpx.get(stack.page + script).headers["content-encoding"] == "gzip"


def test_the_help_lists_the_shortcuts(page: Page, stack: Stack) -> None:
    visit(page, stack)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Search jobs")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


CLOSE_AND_PRESS = """(options) => {
  document.querySelector('dialog').close()
  document.body.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, ...options }))
}"""
"""In one task, because the close event of a dialog arrives later."""


def test_a_dialog_opened_right_after_another_stays_open(page: Page, stack: Stack) -> None:
    visit(page, stack)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Page, job or command").wait_for()
    page.evaluate(CLOSE_AND_PRESS, {"key": "?"})
    page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
    page.evaluate(CLOSE_AND_PRESS, {"key": "k", "code": "KeyK", "ctrlKey": True})
    page.get_by_role("combobox", name="Page, job or command").fill("sett")
    page.evaluate(CLOSE_AND_PRESS, {"key": "k", "code": "KeyK", "ctrlKey": True})
    expect(page.get_by_role("combobox", name="Page, job or command")).to_have_value("")


def test_the_palette_goes_to_pages_and_jobs(page: Page, stack: Stack) -> None:
    visit(page, stack)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Page, job or command").fill("sett")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{stack.page}/settings")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Page, job or command").fill("some-job.7")
    page.get_by_role("option", name="Open job some-job.7").click()
    expect(page).to_have_url(f"{stack.page}/jobs/some-job.7")


def test_the_palette_searches_jobs(page: Page, stack: Stack) -> None:
    visit(page, stack)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Page, job or command").fill("ffmpeg")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{stack.page}/jobs?q=ffmpeg")


def test_keys_typed_while_the_palette_loads_trigger_no_shortcut(page: Page, stack: Stack, system: System) -> None:
    queue = unique("queue")
    job = system.enqueue("false", queue=queue, max_retries=0)
    system.in_state(job, "dead")
    held: list[Route] = []
    page.route("**/assets/CommandPalette-*.js", lambda route: held.append(route))
    page.goto(f"{stack.page}/jobs?q=queue:{queue}")
    expect(page.get_by_role("link", name=job)).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Control+k")
    page.keyboard.type("retry")
    expect(page.get_by_role("dialog", name="Loading")).to_be_visible()
    assert (system.job(job)["state"], len(system.job(job)["history"])) == ("dead", 1)
    for route in held:
        route.continue_()
    page.get_by_role("combobox", name="Page, job or command").fill("sett")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{stack.page}/settings")


@pytest.mark.parametrize(("key", "chunk", "name"), [("?", "KeyboardHelp", "Keyboard"), ("Edit", "EditDialog", "Edit")])
def test_keys_typed_while_another_dialog_loads_trigger_no_shortcut(
    page: Page, stack: Stack, system: System, key: str, chunk: str, name: str
) -> None:
    [job] = hold(system)
    held: list[Route] = []
    page.route(f"**/assets/{chunk}-*.js", lambda route: held.append(route))
    page.goto(f"{stack.page}/jobs/{job}")
    edit = page.get_by_role("button", name="Edit")
    expect(edit).to_be_visible()
    if key == "Edit":
        edit.click()
    else:
        page.keyboard.press(key)
    expect(page.get_by_role("dialog", name="Loading")).to_be_visible()
    page.keyboard.type("gs")
    for route in held:
        route.continue_()
    expect(page.get_by_role("dialog", name=name)).to_be_visible()
    expect(page).to_have_url(f"{stack.page}/jobs/{job}")
    assert system.job(job)["state"] == "pending"


def test_the_chosen_theme_is_remembered(page: Page, stack: Stack) -> None:
    visit(page, stack)
    theme = page.locator("html")
    expect(theme).to_have_attribute("data-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(theme).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Theme: system. Switch to light").click()
    expect(theme).to_have_attribute("data-theme", "light")
    page.reload()
    expect(theme).to_have_attribute("data-theme", "light")


def test_the_tab_title_shows_dead_jobs(page: Page, stack: Stack, system: System) -> None:
    visit(page, stack)
    before = page.title()
    system.in_state(system.enqueue("exit 3", max_retries=0), "dead")
    expect(page).not_to_have_title(before)
    eventually(lambda: page.title() == f"({system.get('/api/status')['jobs']['dead']} dead) QueueCTL")


def test_a_lost_connection_is_shown_and_restored(page: Page, stack: Stack, complaints: list[str]) -> None:
    with wire(stack.page_port) as connection:
        sign_in(page.context, connection.url)
        page.goto(connection.url)
        page.get_by_text("Live", exact=True).wait_for()
        expect(page.get_by_role("figure")).to_have_count(5)
        connection.cut()
        expect(page.get_by_text("Reconnecting…")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("Connection lost. The data is")
        expect(page.locator("main")).to_have_attribute("data-connection", "reconnecting")
        connection.mend()
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
        page.goto("about:blank")
    complaints.clear()  # from the cut connection


def test_updates_pause_while_the_tab_is_hidden(page: Page, stack: Stack, system: System) -> None:
    visit(page, stack)
    seen = page.context.new_page()
    visit(seen, stack)
    name = unique("hidden")
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
    page.evaluate(hide % "true" + "document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("Paused")).to_be_visible()
    before = page.get_by_test_id("count-pending").inner_text()
    expect(seen.get_by_test_id("count-pending")).to_have_text(before)
    system.enqueue("true", id=name, delay=3600)
    expect(seen.get_by_test_id("count-pending")).not_to_have_text(before)
    assert page.get_by_test_id("count-pending").inner_text() == before
    page.evaluate(hide % "false" + "document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_test_id("count-pending")).not_to_have_text(before)
    system.queuectl("delete", "--yes", name)


def test_a_silent_connection_counts_as_lost(page: Page, stack: Stack, complaints: list[str]) -> None:
    page.clock.install()
    with wire(stack.page_port) as connection:
        sign_in(page.context, connection.url)
        page.goto(connection.url)
        page.get_by_text("Live", exact=True).wait_for()
        connection.hold()
        page.clock.fast_forward(60_000)
        expect(page.get_by_text("Reconnecting…")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("Connection lost")
        page.goto("about:blank")
    complaints.clear()
