"""The settings page."""

from playwright.sync_api import Page, expect

from tests.stack.stacks import Stack
from tests.system import System


def test_changing_a_setting_can_be_undone_and_respects_its_bounds(page: Page, stack: Stack, system: System) -> None:
    page.goto(f"{stack.page}/settings")
    row = page.locator("[data-setting='backoff-jitter']")
    expect(row).to_contain_text("The fraction of each delay that is random.")
    expect(row).to_contain_text("0 to 1 share")
    field = row.get_by_role("spinbutton")
    field.fill("2")
    row.get_by_role("button", name="Save").click()
    assert system.get("/api/config/backoff-jitter")["value"] == 0, "the browser rejects values out of bounds"
    field.fill("0.5")
    row.get_by_role("button", name="Save").click()
    expect(page.get_by_text("backoff-jitter is 0.5")).to_be_visible()
    assert system.get("/api/config/backoff-jitter")["value"] == 0.5
    page.get_by_role("button", name="Undo").click()
    expect(field).to_have_value("0")
    assert system.get("/api/config/backoff-jitter")["value"] == 0


def test_a_setting_changed_elsewhere_is_updated(page: Page, stack: Stack, system: System) -> None:
    page.goto(f"{stack.page}/settings")
    field = page.get_by_role("spinbutton", name="backoff-jitter")
    expect(field).to_have_value("0")
    system.queuectl("config", "set", "backoff-jitter", "0.25")
    expect(field).to_have_value("0.25")
    page.get_by_role("button", name="Reset backoff-jitter to its default").click()
    expect(field).to_have_value("0")


def test_a_boolean_setting_is_a_switch(page: Page, stack: Stack, system: System) -> None:
    page.goto(f"{stack.page}/settings")
    sandbox = page.get_by_role("switch", name="sandbox")
    expect(sandbox).not_to_be_checked()
    sandbox.click()
    expect(page.get_by_text("sandbox is on")).to_be_visible()
    expect(sandbox).to_be_checked()
    page.get_by_role("button", name="Undo").click()
    expect(sandbox).not_to_be_checked()
    assert system.get("/api/config/sandbox")["value"] == 0


def test_default_commands_are_set_and_reset(page: Page, stack: Stack, system: System) -> None:
    page.goto(f"{stack.page}/settings")
    row = page.locator("[data-setting='default-commands']")
    expect(row).to_contain_text("Accepts any command")
    row.get_by_role("button", name="Edit default-commands").click()
    page.get_by_label("Only these commands").check()
    page.get_by_label("One command per line").fill("ls *.mov")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("must be one line without")).to_be_visible()
    expect(row).to_contain_text("Accepts any command")
    try:
        row.get_by_role("button", name="Edit default-commands").click()
        page.get_by_label("Only these commands").check()
        page.get_by_label("One command per line").fill("echo *\n*")  # other tests enqueue other commands
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Queues without a list accept any command")).to_be_visible()
        assert system.get("/api/config/default-commands")["value"] == ["echo *", "*"]
    finally:
        page.get_by_role("button", name="Reset default-commands to its default").click()
    expect(row.get_by_role("button", name="Reset default-commands to its default")).to_have_count(0)
    assert system.get("/api/config/default-commands")["value"] is None
