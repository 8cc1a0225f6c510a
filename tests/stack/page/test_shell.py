"""What surrounds every page: places, keys, the palette, themes, and whether it is live."""

import re

import httpx
from playwright.sync_api import Page, expect

from tests.signed_in import sign_in
from tests.stack.page.looking import unique, visit
from tests.stack.page.wire import wire
from tests.stack.stacks import Stack
from tests.system import System


def test_every_place_is_reached_by_a_click_and_by_two_keys(page: Page, stack: Stack) -> None:
    places = {"Jobs": "j", "Dead letters": "d", "Queues": "q", "Workers": "w", "Settings": "s"}
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


def test_a_place_can_be_opened_and_reloaded_at_its_address(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.page}/queues")
    expect(page.get_by_role("heading", level=1)).to_have_text("Queues")
    page.goto(f"{stack.page}/no/such/place")
    expect(page.get_by_text("There is no such page")).to_be_visible()


def test_the_page_comes_compressed(stack: Stack) -> None:
    page = httpx.get(stack.page).text
    [script] = re.findall(r'src="(/assets/[^"]+)"', page)
    assert httpx.get(stack.page + script).headers["content-encoding"] == "gzip"


def test_the_help_lists_the_keys(page: Page, stack: Stack) -> None:
    visit(page, stack)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Search jobs")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


CLOSE_AND_PRESS = """(options) => {
  document.querySelector('dialog').close()
  document.body.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, ...options }))
}"""
"""In one task: a dialog is told later that it was closed."""


def test_a_dialog_that_is_opened_right_after_another_stays(page: Page, stack: Stack) -> None:
    visit(page, stack)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="What to go to").wait_for()
    page.evaluate(CLOSE_AND_PRESS, {"key": "?"})
    page.get_by_role("dialog", name="Keys").wait_for()
    page.evaluate(CLOSE_AND_PRESS, {"key": "k", "code": "KeyK", "ctrlKey": True})
    page.get_by_role("combobox", name="What to go to").fill("sett")
    page.evaluate(CLOSE_AND_PRESS, {"key": "k", "code": "KeyK", "ctrlKey": True})
    expect(page.get_by_role("combobox", name="What to go to")).to_have_value("")


def test_the_palette_goes_to_pages_and_jobs(page: Page, stack: Stack) -> None:
    visit(page, stack)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="What to go to").fill("sett")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{stack.page}/settings")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="What to go to").fill("some-job.7")
    page.get_by_role("option", name="Open the job some-job.7").click()
    expect(page).to_have_url(f"{stack.page}/jobs/some-job.7")


def test_the_palette_finds_what_is_typed_among_the_jobs(page: Page, stack: Stack) -> None:
    visit(page, stack)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="What to go to").fill("ffmpeg")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{stack.page}/jobs?q=ffmpeg")


def test_a_theme_is_chosen_and_kept(page: Page, stack: Stack) -> None:
    visit(page, stack)
    theme = page.locator("html")
    expect(theme).to_have_attribute("data-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(theme).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Theme: system; change it to light").click()
    expect(theme).to_have_attribute("data-theme", "light")
    page.reload()
    expect(theme).to_have_attribute("data-theme", "light")


def test_the_tab_tells_of_dead_jobs(page: Page, stack: Stack, system: System) -> None:
    visit(page, stack)
    before = system.get("/api/status")["jobs"]["dead"]
    system.enqueue("exit 3", max_retries=0)
    expect(page).to_have_title(f"({before + 1} dead) QueueCTL")


def test_a_lost_connection_is_told_and_found_again(page: Page, stack: Stack, complaints: list[str]) -> None:
    with wire(stack.page_port) as connection:
        sign_in(page.context, connection.url)
        page.goto(connection.url)
        page.get_by_text("Live", exact=True).wait_for()
        expect(page.get_by_role("figure")).to_have_count(5)
        connection.cut()
        expect(page.get_by_text("Reconnecting…")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("The connection is lost: what you see is")
        expect(page.locator("main")).to_have_attribute("data-connection", "reconnecting")
        connection.mend()
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
        page.goto("about:blank")
    complaints.clear()  # of what was cut


def test_it_rests_while_the_tab_is_hidden(page: Page, stack: Stack, system: System) -> None:
    visit(page, stack)
    seen = page.context.new_page()
    visit(seen, stack)
    name = unique("hidden")
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
    page.evaluate(hide % "true" + "document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("Resting")).to_be_visible()
    before = page.get_by_test_id("count-pending").inner_text()
    expect(seen.get_by_test_id("count-pending")).to_have_text(before)
    system.enqueue("true", id=name, delay=3600)
    expect(seen.get_by_test_id("count-pending")).not_to_have_text(before)
    assert page.get_by_test_id("count-pending").inner_text() == before
    page.evaluate(hide % "false" + "document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_test_id("count-pending")).not_to_have_text(before)
    system.queuectl("delete", "--yes", name)


def test_a_connection_that_says_nothing_any_more_is_lost(page: Page, stack: Stack, complaints: list[str]) -> None:
    page.clock.install()
    with wire(stack.page_port) as connection:
        sign_in(page.context, connection.url)
        page.goto(connection.url)
        page.get_by_text("Live", exact=True).wait_for()
        connection.hold()
        page.clock.fast_forward(60_000)
        expect(page.get_by_text("Reconnecting…")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("The connection is lost")
        page.goto("about:blank")
    complaints.clear()
