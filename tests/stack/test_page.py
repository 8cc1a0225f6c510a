"""The dashboard in a real browser."""

import uuid

from playwright.sync_api import Page, expect

from tests.stack.stacks import Stack
from tests.system import System


def unique() -> str:
    return f"page-{uuid.uuid4().hex[:12]}"


def row(page: Page, job_id: str):  # type: ignore[no-untyped-def]  # Playwright's Locator
    return page.locator(f"[data-job='{job_id}']")


def test_jobs_appear_and_change_without_a_reload(page: Page, system: System) -> None:
    name = unique()
    system.enqueue("sleep 600", id=name)
    expect(row(page, name)).to_contain_text("processing", timeout=30_000)
    system.queuectl("cancel", name)
    expect(row(page, name)).to_contain_text("cancelled", timeout=30_000)
    expect(page.get_by_test_id("workers")).to_have_text("4")


def test_a_dead_job_is_retried_from_the_dlq(page: Page, system: System) -> None:
    name = unique()
    system.enqueue("[ $QUEUECTL_ATTEMPT = 2 ]", id=name, max_retries=0)
    system.in_state(name, "dead")
    page.get_by_role("tab", name="Dead Letter Queue").click()
    row(page, name).get_by_role("button", name="Retry").click()
    expect(row(page, name)).to_have_count(0)
    assert system.in_state(name, "completed")["attempts"] == 1


def test_deleting_asks_once_and_then_it_is_gone_everywhere(page: Page, stack: Stack, system: System) -> None:
    name = unique()
    system.enqueue(f"echo {name}-printed", id=name)
    system.in_state(name, "completed")
    row(page, name).get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Keep it").click()
    expect(row(page, name)).to_have_count(1)
    row(page, name).get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row(page, name)).to_have_count(0)
    assert system.queuectl("show", name).status == 1
    assert not stack.printed_on_disk(f"{name}-printed")


def test_a_log_is_followed_live_with_its_colours(page: Page, system: System) -> None:
    name = unique()
    system.enqueue(
        "printf '\\033[32mgreen\\033[0m plain <b>not bold</b>\\n'; while :; do sleep 0.1; echo tick; done", id=name
    )
    row(page, name).get_by_role("button", name="View Log").click()
    log = page.get_by_role("log")
    expect(log).to_contain_text("green plain <b>not bold</b>", timeout=30_000)
    expect(log).to_contain_text("tick", timeout=30_000)
    expect(log.locator(".ansi-green-fg")).to_have_text("green")
    system.queuectl("cancel", name)
    expect(page.get_by_role("dialog")).to_contain_text("cancelled", timeout=30_000)
    page.get_by_role("button", name="Close").click()
    expect(log).to_have_count(0)


def test_a_view_is_an_address_to_share(page: Page, stack: Stack, system: System) -> None:
    name = unique()
    system.enqueue("true", id=name, delay=600)
    page.get_by_role("searchbox").fill(name)
    page.get_by_role("button", name="Pending").click()
    expect(page).to_have_url(f"{stack.page}/?state=pending&q={name}")
    page.reload()
    expect(row(page, name)).to_have_count(1)
    page.get_by_role("searchbox").fill("no job is called that")
    expect(page.get_by_text("No job matches")).to_be_visible()
    page.get_by_role("searchbox").fill(name)
    row(page, name).get_by_role("button", name="Cancel").click()
    expect(row(page, name)).to_have_count(0)
    assert system.job(name)["state"] == "cancelled"


def test_it_fits_a_phone(page: Page, system: System) -> None:
    system.enqueue("echo " + "long " * 100, id=unique(), tags=["a-tag"])
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("button", name="View log").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
