"""The output of a job."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.names import unique
from tests.running import eventually
from tests.signed_in import sign_in
from tests.stack.page.axe import violations
from tests.stack.stacks import Stack
from tests.system import System
from tests.wire import wire

MANY = 1_000_000
AT_REST = """log => new Promise(resolve => {
    const before = log.scrollTop
    setTimeout(() => resolve(log.scrollTop === before), 200)
})"""
"""Whether smooth scrolling, by wheel or key, has ended."""


def ended(page: Page, stack: Stack, system: System, command: str, address: str = "") -> str:
    """Run a job and open its complete output; returns its id."""
    name = unique()
    system.enqueue(command, id=name)
    system.in_state(name, "completed")
    page.goto(f"{stack.page}/jobs/{name}{address}")
    page.locator("[data-log=ended]").wait_for()
    return name


def line(page: Page, number: int) -> Locator:
    return page.locator(f"[data-line='{number}']")


def reached(page: Page, number: int) -> None:
    """Wait until that line or a later one is rendered; lines pass quickly while the end is followed."""
    page.wait_for_function(
        "number => Number([...document.querySelectorAll('[data-line]')].at(-1)?.dataset.line) >= number", arg=number
    )


def test_output_is_followed_until_the_user_scrolls_up(page: Page, stack: Stack, system: System) -> None:
    name = unique()
    system.enqueue("i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.05; done", id=name)
    page.goto(f"{stack.page}/jobs/{name}")
    log = page.get_by_role("log")
    expect(page.locator("[data-log=live]")).to_be_visible()
    reached(page, 60)
    expect(page.get_by_role("button", name="Following")).to_be_visible()
    log.hover()
    page.mouse.wheel(0, -300)
    expect(page.get_by_role("button", name="Follow", exact=True)).to_be_visible()
    eventually(lambda: log.evaluate(AT_REST))
    place = log.evaluate("log => log.scrollTop")
    lines = page.locator("[data-log] + span")
    before = lines.inner_text()
    expect(lines).not_to_have_text(before)
    assert log.evaluate("log => log.scrollTop") == place
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Following")).to_be_visible()
    expect(log.locator("[data-line]").last).to_be_in_viewport()
    system.queuectl("cancel", name)
    expect(page.locator("[data-log=ended]")).to_be_visible()


@pytest.mark.parametrize("key", ["Home", "PageUp"])
def test_keys_leave_the_end_and_return_to_it_while_output_arrives(
    page: Page, stack: Stack, system: System, key: str
) -> None:
    name = unique()
    system.enqueue("seq 2000; for n in $(seq 3000); do echo $n; sleep 0.02; done", id=name)
    page.goto(f"{stack.page}/jobs/{name}")
    expect(page.get_by_role("button", name="Following")).to_be_visible()
    reached(page, 2001)
    log = page.get_by_role("log")
    log.focus()
    page.keyboard.press(key)
    expect(page.get_by_role("button", name="Follow", exact=True)).to_be_visible()
    if key == "Home":
        expect(line(page, 1)).to_be_in_viewport()
    eventually(lambda: log.evaluate(AT_REST))
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Following")).to_be_visible()
    system.queuectl("cancel", name)


def test_colours_and_progress_bars_look_as_in_a_terminal_and_markup_is_text(
    page: Page, stack: Stack, system: System
) -> None:
    command = (
        r"printf '\033[32mgreen\033[0m <b>not bold</b>\n\033[38;5;196mred\033[0m \033[38;2;1;200;3mtrue\033[0m\n';"
        r"printf '10%%\r100%%\n'; printf '\377\000bytes\n'"
    )
    ended(page, stack, system, command)
    expect(line(page, 1)).to_contain_text("green <b>not bold</b>")
    expect(line(page, 1).get_by_text("green")).to_have_css("color", "rgb(74, 222, 128)")
    expect(line(page, 2).get_by_text("red")).to_have_css("color", "rgb(255, 0, 0)")
    expect(line(page, 2).get_by_text("true")).to_have_css("color", "rgb(1, 200, 3)")
    expect(line(page, 3)).to_have_text("3100%")
    expect(line(page, 4)).to_have_text("4�bytes")
    assert violations(page) == []


def test_a_search_finds_all_matches_even_in_lines_not_rendered(page: Page, stack: Stack, system: System) -> None:
    ended(page, stack, system, "seq -f 'number %.0f' 20000")
    search = page.get_by_role("search")
    page.keyboard.press("/")
    page.get_by_label("Search the output").fill("NUMBER 1999")
    expect(search.get_by_role("status")).to_have_text("2 of 11")
    expect(line(page, 19990).locator("mark[aria-current=true]")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(search.get_by_role("status")).to_have_text("3 of 11")
    page.keyboard.press("Shift+Enter")
    expect(search.get_by_role("status")).to_have_text("2 of 11")
    page.keyboard.press("Shift+Enter")
    expect(line(page, 1999).locator("mark[aria-current=true]")).to_be_in_viewport()
    page.keyboard.press("Shift+Enter")
    expect(search.get_by_role("status")).to_have_text("11 of 11")
    expect(line(page, 19999).locator("mark[aria-current=true]")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator("mark")).to_have_count(0)


def test_a_url_selects_one_line_or_several(page: Page, stack: Stack, system: System) -> None:
    name = ended(page, stack, system, "seq 5000", "#L1200")
    expect(line(page, 1200)).to_be_in_viewport()
    expect(page.locator("[aria-current=location]")).to_have_text("1200")
    line(page, 1203).get_by_role("link").click(modifiers=["Shift"])
    expect(page).to_have_url(f"{stack.page}/jobs/{name}#L1200-L1203")
    expect(page.locator("[aria-current=location]")).to_have_count(4)
    page.reload()
    expect(line(page, 1203)).to_be_in_viewport()
    expect(page.locator("[aria-current=location]")).to_have_count(4)


def test_wrapping_of_long_lines_can_be_switched(page: Page, stack: Stack, system: System) -> None:
    ended(page, stack, system, "printf '%05000d\\n' 0; echo last")
    log = page.get_by_role("log")
    expect(line(page, 2)).to_be_in_viewport()
    assert log.evaluate("log => log.scrollWidth <= log.clientWidth")
    log.hover()
    page.mouse.wheel(0, -100_000)
    expect(line(page, 1).get_by_role("link")).to_be_in_viewport()
    page.keyboard.press("w")
    eventually(lambda: log.evaluate("log => log.scrollWidth > log.clientWidth * 2"))
    assert line(page, 1).evaluate("line => line.offsetHeight") == 20
    page.reload()
    page.locator("[data-log=ended]").wait_for()
    eventually(lambda: log.evaluate("log => log.scrollWidth > log.clientWidth * 2"))


def test_output_can_be_downloaded_and_copied(page: Page, stack: Stack, system: System, tmp_path: Path) -> None:
    name = ended(page, stack, system, r"printf 'one\n\033[32mtwo\033[0m\nthree\n'", "#L2")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == f"{name}-1.log"
    download.value.save_as(tmp_path / "log")
    assert (tmp_path / "log").read_bytes() == b"one\n\x1b[32mtwo\x1b[0m\nthree\n"
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("region", name="Output").get_by_role("button", name="Copy").click()
    expect(page.get_by_text("1 line copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "two"


def test_each_of_a_million_lines_can_be_reached(page: Page, stack: Stack, system: System) -> None:
    ended(page, stack, system, f"seq {MANY}", "?full=1")
    log = page.get_by_role("log")
    expect(line(page, MANY)).to_be_in_viewport()
    log.focus()
    page.keyboard.press("Home")
    expect(line(page, 1)).to_be_in_viewport()
    log.evaluate("log => log.scrollTop = (log.scrollHeight - log.clientHeight) / 2")
    expect(line(page, MANY // 2)).to_be_in_viewport()
    log.hover()
    page.mouse.wheel(0, 200)
    expect(line(page, MANY // 2 + 10)).to_be_in_viewport()
    assert page.locator("[data-line]").count() < 1000
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Details")).to_be_in_viewport()


def test_omitted_output_and_cut_lines_are_marked(page: Page, stack: Stack, system: System) -> None:
    kept = 65_536
    before = system.get("/api/config")["items"]
    limit = next(int(item["value"]) for item in before if item["key"] == "log-max-bytes")
    system.queuectl("config", "set", "log-max-bytes", str(kept))
    try:
        ended(page, stack, system, "printf '%030000d\\n' 0; seq 100000")
    finally:
        system.queuectl("config", "set", "log-max-bytes", str(limit))
    page.get_by_label("Search the output").fill("bytes were not kept")
    expect(page.locator("mark")).to_be_in_viewport()
    page.get_by_label("Search the output").fill("")
    page.get_by_role("log").focus()
    page.keyboard.press("Home")
    page.keyboard.press("w")
    expect(line(page, 1)).to_contain_text("20.0 kB more on this line")


def test_output_is_reloaded_after_a_lost_connection(
    page: Page, stack: Stack, system: System, complaints: list[str]
) -> None:
    name = unique()
    system.enqueue("i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.05; done", id=name)
    with wire(stack.page_port) as connection:
        sign_in(page.context, connection.url)
        page.goto(f"{connection.url}/jobs/{name}")
        expect(page.locator("[data-log=live]")).to_be_visible()
        reached(page, 5)
        connection.cut()
        expect(page.locator("[data-log=lost]")).to_be_visible()
        expect(page.get_by_text("The output may be outdated")).to_be_visible()
        last = int(page.locator("[data-line]").last.get_attribute("data-line") or 0)
        connection.mend()
        expect(page.locator("[data-log=live]")).to_be_visible()
        reached(page, last + 20)
        drawn = page.locator("[data-line]").evaluate_all("lines => lines.map(l => [l.dataset.line, l.textContent])")
        assert drawn == [[number, f"{number}tick {number}"] for number, _ in drawn]
        system.queuectl("cancel", name)
        expect(page.locator("[data-log=ended]")).to_be_visible()
        page.goto("about:blank")
    complaints.clear()  # from the cut connection
