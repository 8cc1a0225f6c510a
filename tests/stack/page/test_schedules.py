"""The schedules page: create, pause, resume, run, edit, delete; the history of one."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.names import unique
from tests.signed_in import http
from tests.stack.page.axe import violations
from tests.stack.page.steps import fits_a_phone, token, visit
from tests.stack.stacks import Stack
from tests.system import System

YEARLY = "0 0 1 1 *"
"""It does not fire during the tests."""


def add(system: System, **fields: Any) -> str:
    """Create a schedule over HTTP; returns its name."""
    name = unique("schedule")
    new = {"name": name, "cron": YEARLY, "job": {"command": "true"}} | fields
    http.post(f"{system.url}/api/schedules", json=new).raise_for_status()
    return name


def shown(page: Page, name: str) -> Locator:
    """A schedule in the list, or the header of its page."""
    return page.locator(f"[data-schedule='{name}']")


def test_a_schedule_is_created_and_runs_by_hand(page: Page, stack: Stack, system: System) -> None:
    name = unique("nightly")
    visit(page, stack, "/schedules")
    page.get_by_role("link", name="New schedule").click()
    form = page.get_by_role("dialog", name="New schedule")
    form.get_by_label("Name", exact=True).fill(name)
    form.get_by_label("Cron expression").fill(YEARLY)
    form.get_by_label("Time zone").fill("Europe/Berlin")
    form.get_by_label("Command", exact=True).fill("echo made by hand")
    form.get_by_role("combobox", name="Queue").fill("forms")
    page.keyboard.press("Control+Enter")
    row = shown(page, name)
    expect(row).to_contain_text(f"{YEARLY} Europe/Berlin")
    expect(row).to_contain_text("has not fired yet")
    made = system.get(f"/api/schedules/{name}")
    assert (made["timezone"], made["job"]["queue"]) == ("Europe/Berlin", "forms")

    row.get_by_role("button", name=f"Run now: {name}").click()
    expect(row.get_by_role("listitem")).to_have_count(1)
    row.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("region", name="Next times").get_by_role("listitem")).to_have_count(10)
    [fire] = system.get(f"/api/schedules/{name}/history")["items"]
    page.get_by_role("list", name="Fires").get_by_role("link", name=fire["job"]).click()
    expect(page.get_by_role("log")).to_contain_text("made by hand")
    expect(page.get_by_role("region", name="Details").get_by_role("link", name=name)).to_be_visible()


def test_problems_are_shown_at_their_fields(page: Page, stack: Stack, system: System) -> None:
    taken = add(system)
    visit(page, stack, "/schedules?new")
    form = page.get_by_role("dialog", name="New schedule")
    name, cron, zone = (form.get_by_label(label, exact=True) for label in ("Name", "Cron expression", "Time zone"))
    name.fill(taken)
    cron.fill("61 * * * *")
    form.get_by_role("button", name="Create").click()
    expect(form.get_by_label("Command", exact=True)).to_have_accessible_description("must not be empty")
    form.get_by_label("Command", exact=True).fill("true")
    form.get_by_label("Environment").fill("QUEUECTL_X=1")
    form.get_by_role("button", name="Create").click()
    expect(cron).to_have_accessible_description("has an invalid minute '61': use 0 to 59, or * for any")
    expect(cron).to_be_focused()
    expect(form.get_by_label("Environment")).to_have_attribute("aria-invalid", "true")
    form.get_by_label("Environment").fill("")
    cron.fill(YEARLY)
    zone.fill("Mars/Olympus")
    form.get_by_role("button", name="Create").click()
    expect(zone).to_have_accessible_description("is no time zone: use a name such as UTC or Europe/Berlin")
    zone.fill("UTC")
    form.get_by_role("button", name="Create").click()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(form).to_contain_text("exists already")
    assert violations(page) == []
    fits_a_phone(page)


def test_a_schedule_is_paused_and_resumed(page: Page, stack: Stack, system: System) -> None:
    name = add(system)
    visit(page, stack, "/schedules")
    row = shown(page, name)
    row.get_by_role("button", name=f"Pause {name}").click()
    expect(row.locator("[data-state=paused]")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(row.locator("[data-state=active]")).to_be_visible()
    http.post(f"{system.url}/api/schedules/{name}/pause").raise_for_status()
    expect(row.locator("[data-state=paused]")).to_be_visible()
    row.get_by_role("button", name=f"Resume {name}").click()
    expect(row.locator("[data-state=active]")).to_be_visible()
    assert system.get(f"/api/schedules/{name}")["paused"] is False


def test_a_schedule_whose_job_has_not_ended_is_run_after_confirmation(page: Page, stack: Stack, system: System) -> None:
    queue = unique("held")
    http.patch(f"{system.url}/api/queues/{queue}", json={"paused": True}).raise_for_status()
    name = add(system, job={"command": "true", "queue": queue})
    visit(page, stack, f"/schedules/{name}")
    fires = page.get_by_role("list", name="Fires").get_by_role("listitem")
    page.get_by_role("button", name=f"Run now: {name}").click()
    expect(fires).to_have_count(1)
    page.get_by_role("button", name=f"Run now: {name}").click()
    page.get_by_role("button", name="Run beside it").click()
    expect(fires).to_have_count(2)


def test_a_schedule_is_edited_and_deleted(page: Page, stack: Stack, system: System) -> None:
    name = add(system, timezone="Europe/Berlin", job={"command": "true", "tags": ["one"]})
    visit(page, stack, f"/schedules/{name}")
    page.get_by_role("button", name=f"Edit {name}").click()
    form = page.get_by_role("dialog", name=f"Edit {name}")
    form.get_by_text("Interval", exact=True).click()
    form.get_by_label("Every").fill("365d")
    form.get_by_label("Overlap").select_option("replace")
    form.get_by_label("Tags").fill("")
    form.get_by_role("button", name="Save").click()
    expect(shown(page, name)).to_contain_text("every 365d")
    now = system.get(f"/api/schedules/{name}")
    assert (now["cron"], now["every"], now["overlap"], now["job"]["tags"]) == (None, 365 * 86400, "replace", [])
    page.get_by_role("button", name=f"Delete {name}").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page).to_have_url(f"{stack.page}/schedules")
    expect(shown(page, name)).to_have_count(0)
    visit(page, stack, f"/schedules/{name}")
    expect(page.get_by_text(f"Schedule {name} not found")).to_be_visible()


def test_a_viewer_sees_schedules_and_changes_none(
    open_page: Callable[[str | None], Page], stack: Stack, system: System
) -> None:
    name = add(system)
    viewer = open_page(token(system, "viewer")[1])
    visit(viewer, stack, "/schedules?new")
    expect(shown(viewer, name)).to_be_visible()
    expect(shown(viewer, name).get_by_role("button")).to_have_count(0)
    expect(viewer.get_by_role("link", name="New schedule")).to_have_count(0)
    expect(viewer.get_by_role("dialog")).to_have_count(0)
