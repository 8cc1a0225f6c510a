"""The dashboard with processes and with containers; tests/stack/page covers each page with processes only."""

from playwright.sync_api import Page, expect

from tests.names import unique
from tests.stack.page.steps import row, visit
from tests.stack.stacks import Stack
from tests.system import System


def test_jobs_appear_and_change_without_a_reload(page: Page, stack: Stack, system: System) -> None:
    name = unique()
    visit(page, stack)
    expect(page.get_by_test_id("workers")).to_have_text("4")
    visit(page, stack, "/jobs")
    system.enqueue("sleep 600", id=name)
    expect(row(page, name)).to_contain_text("processing")
    system.queuectl("cancel", name)
    expect(row(page, name)).to_contain_text("cancelled")


def test_a_running_job_shows_its_output_and_usage(page: Page, stack: Stack, system: System) -> None:
    name = unique()
    system.enqueue("printf '\\033[32mgreen\\033[0m plain\\n'; while :; do sleep 1; echo tick; done", id=name)
    page.goto(f"{stack.page}/jobs/{name}")
    log = page.get_by_role("log")
    expect(log).to_contain_text("green plain")
    expect(log).to_contain_text("tick")
    expect(page.get_by_text("Memory").first).to_be_visible()
    system.queuectl("cancel", name)
    expect(page.locator("[data-log=ended]")).to_be_visible()


def test_a_deleted_job_is_gone_everywhere(page: Page, stack: Stack, system: System) -> None:
    name = unique()
    system.enqueue(f"echo {name}-printed; seq 200", id=name)
    system.in_state(name, "completed")
    assert stack.printed_on_disk(f"{name}-printed")
    page.goto(f"{stack.page}/jobs/{name}")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("deleted").first).to_be_visible()
    assert system.queuectl("show", name).status == 1
    assert not stack.printed_on_disk(f"{name}-printed")
