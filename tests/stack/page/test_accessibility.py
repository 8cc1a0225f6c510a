"""Accessibility of all pages in both themes, on large and small screens."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.names import unique
from tests.signed_in import http
from tests.stack.page.axe import violations
from tests.stack.page.steps import fits_a_phone, token, visit
from tests.stack.stacks import Stack
from tests.system import System

Open = Callable[[str | None], Page]

PAGES = [
    *("/", "/jobs", "/jobs/{job}", "/dlq", "/queues", "/workers", "/audit", "/enqueue", "/nowhere"),
    *("/schedules", "/schedules/{job}"),
    *("/settings", "/settings/tokens", "/settings/sign-in"),
]


@pytest.fixture(scope="module")
def job(stack: Stack) -> str:
    """A job with a history, in a system with jobs in many states, and a schedule of the same name."""
    system, name = stack.system, unique("axe")
    system.enqueue("echo printed; [ $QUEUECTL_ATTEMPT = 2 ]", id=name, backoff_base=0, tags=["axe"])
    system.in_state(name, "completed")
    system.in_state(system.enqueue("echo out of space; exit 3", max_retries=0), "dead")
    system.enqueue("true", delay=3600, priority=5)
    system.enqueue("sleep 600", id=f"{name}-running")
    system.in_state(f"{name}-running", "processing")
    schedule = {"name": name, "cron": "0 0 1 1 *", "jitter": 60, "job": {"command": "true", "tags": ["axe"]}}
    http.post(f"{system.url}/api/schedules", json=schedule).raise_for_status()
    http.post(f"{system.url}/api/schedules/{name}/run").raise_for_status()
    return name


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_accessible_and_fits_a_small_phone(page: Page, stack: Stack, job: str, path: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    visit(page, stack, path.format(job=job))
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    if path == "/":
        expect(page.get_by_role("figure")).to_have_count(5)
    assert violations(page) == []
    fits_a_phone(page)


def test_the_sign_in_page_is_accessible_and_fits_a_small_phone(open_page: Open, stack: Stack) -> None:
    page = open_page(None)
    page.goto(f"{stack.page}/sign-in#used")
    page.get_by_role("alert").wait_for()
    assert violations(page) == []
    fits_a_phone(page)


def test_menus_and_forms_are_accessible(page: Page, stack: Stack, job: str) -> None:
    visit(page, stack, "/settings/tokens")
    page.get_by_role("button", name="Signed in as").click()
    page.get_by_role("button", name="Sign out", exact=True).wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="New token").click()
    page.get_by_label("Name").fill("no name")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert violations(page) == []
    page.get_by_label("Name").fill(unique("axe"))
    page.keyboard.press("Enter")
    page.locator("[data-secret]").wait_for()
    assert violations(page) == []
    visit(page, stack, "/queues")
    page.get_by_role("button", name="Edit the allowed commands of default").click()
    page.get_by_label("Only these commands").check()
    assert violations(page) == []


def test_read_only_pages_are_accessible(open_page: Open, stack: Stack, system: System, job: str) -> None:
    page = open_page(token(system, "viewer")[1])
    for path in ("/jobs", "/dlq", "/queues", "/schedules", "/settings", "/enqueue"):
        visit(page, stack, path)
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        assert violations(page) == []


@pytest.mark.parametrize("key", ["Control+k", "?"])
def test_dialogs_are_accessible(page: Page, stack: Stack, key: str) -> None:
    visit(page, stack)
    page.keyboard.press(key)
    page.get_by_role("dialog").wait_for()
    assert violations(page) == []
