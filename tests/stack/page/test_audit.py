"""The audit log."""

from playwright.sync_api import Page, expect

from tests.names import unique
from tests.signed_in import client, http
from tests.stack.page.steps import hold, token, visit
from tests.stack.stacks import Stack
from tests.system import System


def test_entries_are_filtered_by_actor_and_by_job(page: Page, stack: Stack, system: System) -> None:
    name, secret = token(system, "operator")
    job = unique("audited")
    headers = {"Authorization": f"Bearer {secret}"}
    with client(system.url) as their:
        their.headers.update(headers)
        their.post("/api/jobs", json={"command": "true", "id": job, "delay": 3600}).raise_for_status()
        their.post(f"/api/jobs/{job}/cancel").raise_for_status()
    visit(page, stack, "/audit")
    page.get_by_label("Actor").fill(name)
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page).to_have_url(f"{stack.page}/audit?actor={name}")
    entries = page.get_by_role("list", name="Entries").get_by_role("listitem")
    expect(entries).to_have_count(2)
    expect(entries.nth(0)).to_contain_text(f"{name} cancelled {job}")
    expect(entries.nth(0)).to_contain_text("from 127.0.0.1")
    expect(entries.nth(1)).to_contain_text(f"{name} enqueued {job}")

    http.post(f"{system.url}/api/jobs/{job}/retry").raise_for_status()
    page.goto(f"{stack.page}/audit?job={job}")
    expect(entries).to_have_count(3)
    expect(entries.nth(0)).to_contain_text(f"QUEUECTL_TOKEN retried {job}")
    page.get_by_role("button", name="Clear").click()
    expect(page).to_have_url(f"{stack.page}/audit")
    page.get_by_role("button", name=name, exact=True).first.click()
    expect(page).to_have_url(f"{stack.page}/audit?actor={name}")
    page.get_by_role("link", name=job).first.click()
    expect(page).to_have_url(f"{stack.page}/jobs/{job}")


def test_a_job_shows_its_audit_log(page: Page, stack: Stack, system: System) -> None:
    [job] = hold(system)
    visit(page, stack, f"/jobs/{job}")
    done = page.get_by_role("region", name="Audit log")
    expect(done.get_by_role("listitem")).to_have_count(1)
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(done.get_by_role("listitem").first).to_contain_text("QUEUECTL_TOKEN cancelled this job")


def test_the_log_loads_more_on_scrolling_and_updates_itself(page: Page, stack: Stack, system: System) -> None:
    name, secret = token(system, "operator")
    with client(system.url) as their:
        their.headers["Authorization"] = f"Bearer {secret}"
        for number in range(130):
            their.post(
                "/api/jobs", json={"command": "true", "id": f"{name}-{number}", "delay": 3600}
            ).raise_for_status()
    visit(page, stack, f"/audit?actor={name}")
    entries = page.get_by_role("list", name="Entries").get_by_role("listitem")
    expect(entries).to_have_count(100)
    http.delete(f"{system.url}/api/tokens/{name}").raise_for_status()
    page.get_by_label("Actor").fill("QUEUECTL_TOKEN")
    page.keyboard.press("Enter")
    expect(entries.first).to_contain_text(f"revoked token {name}")
    [job] = hold(system)
    http.post(f"{system.url}/api/jobs/{job}/cancel").raise_for_status()
    expect(entries.first).to_contain_text(f"cancelled {job}")
    page.goto(f"{stack.page}/audit?actor={name}")
    expect(entries).to_have_count(100)
    entries.last.scroll_into_view_if_needed()
    expect(entries).to_have_count(130)
    expect(entries.last).to_contain_text(f"enqueued {name}-0")


def test_the_log_has_a_shortcut(page: Page, stack: Stack) -> None:
    visit(page, stack)
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page).to_have_url(f"{stack.page}/audit")
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")
