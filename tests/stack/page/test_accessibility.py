"""No page has a fault that axe can find, in either theme; each fits a small phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.stack.page.axe import violations
from tests.stack.page.looking import unique, visit
from tests.stack.stacks import Stack

PAGES = ["/", "/jobs", "/jobs/{job}", "/dlq", "/queues", "/workers", "/settings", "/enqueue", "/nowhere"]


@pytest.fixture(scope="session")
def job(stack: Stack) -> str:
    """A job with a history, in a system with something of everything."""
    system, name = stack.system, unique("axe")
    system.enqueue("echo printed; [ $QUEUECTL_ATTEMPT = 2 ]", id=name, backoff_base=0, tags=["axe"])
    system.in_state(name, "completed")
    system.in_state(system.enqueue("echo out of space; exit 3", max_retries=0), "dead")
    system.enqueue("true", delay=3600, priority=5)
    system.enqueue("sleep 600", id=f"{name}-running")
    system.in_state(f"{name}-running", "processing")
    return name


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_and_it_fits_a_small_phone(page: Page, stack: Stack, job: str, path: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    visit(page, stack, path.format(job=job))
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    if path == "/":
        expect(page.get_by_role("figure")).to_have_count(5)
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_function("() => document.documentElement.scrollWidth <= 360")


@pytest.mark.parametrize("key", ["Control+k", "?"])
def test_axe_finds_nothing_in_dialogs(page: Page, stack: Stack, key: str) -> None:
    visit(page, stack)
    page.keyboard.press(key)
    page.get_by_role("dialog").wait_for()
    assert violations(page) == []
