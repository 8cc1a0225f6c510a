"""What each role can see and do."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.names import unique
from tests.running import ROOT, migrate, running_api
from tests.stack.page.steps import hold, row, token, visit
from tests.stack.stacks import Stack
from tests.system import System

Open = Callable[[str | None], Page]


@pytest.fixture
def viewer(open_page: Open, system: System) -> Page:
    return open_page(token(system, "viewer")[1])


@pytest.fixture
def operator(open_page: Open, system: System) -> Page:
    return open_page(token(system, "operator")[1])


@pytest.fixture
def dead(system: System) -> str:
    """A dead job."""
    job = system.enqueue("exit 1", id=unique("dead"), max_retries=0, queue=unique("q"))
    system.in_state(job, "dead")
    return job


def status(page: Page, method: str, path: str, body: str = "{}") -> int:
    """The status of a request made by a script of the page."""
    answered: int = page.evaluate(
        """async ([method, path, body]) => {
            const headers = {'Content-Type': 'application/json'}
            return (await fetch(path, {method, body, headers})).status
        }""",
        [method, path, body],
    )
    return answered


def test_a_viewer_is_offered_nothing_that_changes_jobs(viewer: Page, stack: Stack, dead: str) -> None:
    visit(viewer, stack, f"/jobs?q={dead}")
    expect(row(viewer, dead)).to_be_visible()
    expect(viewer.get_by_role("link", name="Enqueue")).to_have_count(0)
    expect(viewer.get_by_role("checkbox")).to_have_count(0)
    row(viewer, dead).hover()
    expect(viewer.get_by_role("button", name=dead)).to_have_count(0)
    visit(viewer, stack, f"/jobs/{dead}")
    for action in ("Retry", "Rerun", "Delete", "Edit", "Enqueue a copy"):
        expect(viewer.get_by_text(action, exact=True)).to_have_count(0)
    visit(viewer, stack, "/dlq")
    expect(viewer.locator("[data-failure]").first).to_be_visible()
    for action in ("Retry", "Purge", "Retry all", "Purge all"):
        expect(viewer.get_by_role("button", name=action, exact=True)).to_have_count(0)
    expect(viewer.get_by_role("checkbox")).to_have_count(0)


def test_a_viewers_shortcuts_and_palette_change_nothing(viewer: Page, stack: Stack, system: System, dead: str) -> None:
    visit(viewer, stack, f"/jobs?q={dead}")
    expect(row(viewer, dead)).to_be_visible()
    for key in ("j", "x", "r", "g", "e"):
        viewer.keyboard.press(key)
    expect(viewer.get_by_text("1 job selected")).to_have_count(0)
    expect(viewer).to_have_url(f"{stack.page}/jobs?q={dead}")
    assert system.job(dead)["state"] == "dead"
    viewer.keyboard.press("Control+k")
    viewer.get_by_role("combobox", name="Page, job or command").fill("e")
    offered = viewer.get_by_role("dialog").get_by_role("option")
    expect(offered.filter(has_text="Queues")).to_be_visible()
    for place in ("Enqueue", "Audit log", "Tokens"):
        expect(offered.filter(has_text=place)).to_have_count(0)
    viewer.keyboard.press("Escape")
    viewer.keyboard.press("?")
    expect(viewer.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Search jobs")
    expect(viewer.get_by_role("dialog", name="Keyboard shortcuts")).not_to_contain_text("Retry")


def test_a_viewer_is_told_which_role_can_enqueue(viewer: Page, stack: Stack) -> None:
    visit(viewer, stack, "/enqueue")
    expect(viewer.get_by_text("This page requires the operator role")).to_be_visible()


def test_the_api_rejects_a_viewer_whatever_the_page_shows(
    viewer: Page, stack: Stack, system: System, dead: str
) -> None:
    visit(viewer, stack)
    assert status(viewer, "POST", "/api/jobs", '{"command": "true"}') == 403
    assert status(viewer, "POST", f"/api/jobs/{dead}/retry") == 403
    assert status(viewer, "DELETE", f"/api/jobs/{dead}") == 403
    assert status(viewer, "PATCH", "/api/queues/default", '{"paused": true}') == 403
    assert status(viewer, "POST", "/api/tokens", '{"name": "mine", "role": "admin"}') == 403
    assert system.job(dead)["state"] == "dead"


def test_an_operator_manages_jobs_but_not_the_system(operator: Page, stack: Stack, system: System, dead: str) -> None:
    queue = system.job(dead)["queue"]
    visit(operator, stack, f"/jobs/{dead}")
    operator.get_by_role("button", name="Retry").click()
    expect(operator.get_by_text(f"{dead} was requeued")).to_be_visible()
    expect(operator.get_by_role("link", name="Enqueue", exact=True)).to_be_visible()
    pages = operator.get_by_role("navigation", name="Pages")
    expect(pages.get_by_role("link", name="Audit log")).to_have_count(0)

    pages.get_by_role("link", name="Queues").click()
    card = operator.locator(f"[data-queue='{queue}']")
    expect(card).to_contain_text("Accepts any command")
    expect(card.get_by_role("button")).to_have_count(0)
    expect(card.get_by_label(f"Concurrency limit of {queue}")).not_to_be_editable()

    pages.get_by_role("link", name="Workers").click()
    expect(operator.locator("[data-worker]").first).to_be_visible()
    expect(operator.get_by_role("button", name="Drain")).to_have_count(0)

    pages.get_by_role("link", name="Settings").click()
    setting = operator.get_by_role("spinbutton", name="max-retries")
    expect(setting).not_to_be_editable()
    expect(setting).to_have_attribute("title", re.compile("Only an admin can change this; .* is an operator."))
    expect(operator.get_by_role("switch", name="sandbox")).to_be_disabled()
    expect(operator.get_by_role("link", name="Tokens")).to_have_count(0)
    for path in ("/audit", "/settings/tokens"):
        operator.goto(stack.page + path)
        expect(operator.get_by_text("requires the admin role")).to_be_visible()
        expect(operator.get_by_role("button", name="New token")).to_have_count(0)


def test_an_operators_bulk_actions_are_offered(operator: Page, stack: Stack, system: System) -> None:
    [job] = hold(system)
    visit(operator, stack, f"/jobs?q={job}")
    row(operator, job).get_by_role("checkbox").check()
    operator.get_by_role("button", name="Cancel", exact=True).click()
    expect(operator.get_by_text("1 job was cancelled")).to_be_visible()


@pytest.fixture
def without_auth(tmp_path: Path) -> Iterator[str]:
    """The URL of a system without authentication."""
    migrate(tmp_path)
    with running_api(tmp_path, auth="off", token="", dashboard_dir=ROOT / "frontend" / "dist") as url:
        yield url


def test_a_system_without_authentication_says_so_on_every_page(open_page: Open, without_auth: str) -> None:
    page = open_page(None)
    for path in ("/", "/jobs", "/settings", "/settings/tokens", "/audit", "/nowhere"):
        page.goto(without_auth + path)
        expect(page.get_by_role("alert").first).to_contain_text("anyone who can reach this address can run commands")
        expect(page.get_by_role("button", name="Signed in as")).to_have_count(0)
        expect(page.get_by_role("link", name="Enqueue", exact=True)).to_be_visible()
    page.goto(f"{without_auth}/sign-in?to=/queues")
    expect(page).to_have_url(f"{without_auth}/queues")
    page.goto("about:blank")
