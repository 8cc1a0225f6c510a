"""The queues page: depth; pause, resume, limit, delete; locks."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.names import unique
from tests.stack.stacks import Stack
from tests.system import System


def card(page: Page, stack: Stack, queue: str) -> Locator:
    page.goto(f"{stack.page}/queues")
    return page.locator(f"[data-queue='{queue}']")


def queue_of(system: System, name: str) -> Any:
    """A queue from the API."""
    return next(queue for queue in system.get("/api/queues")["items"] if queue["name"] == name)


def test_a_queue_is_paused_and_resumed(page: Page, stack: Stack, system: System) -> None:
    queue = unique("q")
    system.in_state(system.enqueue("true", queue=queue), "completed")
    shown = card(page, stack, queue)
    expect(shown).to_contain_text("1 attempt ended in the last 5 minutes")
    shown.get_by_role("button", name=f"Pause {queue}").click()
    expect(shown).to_contain_text("paused")
    waiting = system.enqueue("true", queue=queue)
    expect(shown.get_by_role("link", name=waiting)).to_be_visible()
    assert system.job(waiting)["state"] == "pending"
    shown.get_by_role("button", name=f"Resume {queue}").click()
    system.in_state(waiting, "completed")
    expect(shown).to_contain_text("2 attempts ended")


def test_setting_a_limit_can_be_undone(page: Page, stack: Stack, system: System) -> None:
    queue = unique("q")
    system.in_state(system.enqueue("true", queue=queue), "completed")
    shown = card(page, stack, queue)
    shown.get_by_label(f"Concurrency limit of {queue}").fill("1")
    shown.get_by_role("button", name="Save").click()
    expect(shown.get_by_label(f"Concurrency limit of {queue}")).to_have_value("1")
    for number in range(3):
        system.enqueue("sleep 600", id=f"{queue}-{number}", queue=queue)
    expect(shown.get_by_role("meter")).to_have_attribute("aria-valuetext", "1 of 1")
    expect(shown).to_contain_text("Ready2")
    page.get_by_role("button", name="Undo").click()
    expect(shown.get_by_label(f"Concurrency limit of {queue}")).to_have_value("")
    expect(shown).to_contain_text("Running3")
    system.queuectl("cancel", *(f"{queue}-{number}" for number in range(3)))


def test_a_queue_links_to_its_jobs_and_dead_jobs(page: Page, stack: Stack, system: System) -> None:
    queue = unique("q")
    system.in_state(system.enqueue("exit 1", queue=queue, max_retries=0), "dead")
    shown = card(page, stack, queue)
    shown.get_by_role("link", name="1 dead job").click()
    expect(page).to_have_url(f"{stack.page}/dlq?q=queue%3A{queue}")
    page.go_back()
    shown.get_by_role("link", name=queue, exact=True).click()
    expect(page).to_have_url(f"{stack.page}/jobs?q=queue%3A{queue}")


def test_a_queue_accepts_only_its_allowed_commands(page: Page, stack: Stack, system: System) -> None:
    queue = unique("q")
    system.in_state(system.enqueue("true", queue=queue), "completed")
    shown = card(page, stack, queue)
    expect(shown).to_contain_text("Accepts any command")
    shown.get_by_role("button", name=f"Edit the allowed commands of {queue}").click()
    page.get_by_label("Only these commands").check()
    page.get_by_label("One command per line").fill("echo *\n\n  /srv/nightly.sh  ")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(shown).to_contain_text("Accepts only echo */srv/nightly.sh")

    page.goto(f"{stack.page}/enqueue")
    page.get_by_label("Command", exact=True).fill("rm -rf x")
    page.get_by_role("combobox", name="Queue").fill(queue)
    page.get_by_role("button", name="Enqueue").click()
    expect(page.get_by_role("alert")).to_contain_text("does not accept the command")
    page.get_by_label("Command", exact=True).fill("echo x")
    page.get_by_role("button", name="Enqueue").click()
    expect(page.get_by_label("Command", exact=True)).to_contain_text("echo x")
    expect(page).to_have_url(re.compile("/jobs/"))

    shown = card(page, stack, queue)
    shown.get_by_role("button", name=f"Edit the allowed commands of {queue}").click()
    page.get_by_label("Any command").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(shown).to_contain_text("Accepts any command")
    assert queue_of(system, queue)["commands"] == ["*"]
    page.get_by_role("button", name="Undo").click()
    expect(shown).to_contain_text("Accepts only echo */srv/nightly.sh")

    shown.get_by_role("button", name=f"Edit the allowed commands of {queue}").click()
    page.get_by_label("Use the default-commands setting").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(shown).to_contain_text("Accepts any command")
    assert queue_of(system, queue)["commands"] is None


def test_a_queue_is_deleted_once_it_is_empty(page: Page, stack: Stack, system: System) -> None:
    queue = unique("q")
    job = system.enqueue("true", queue=queue)
    system.in_state(job, "completed")
    shown = card(page, stack, queue)
    delete = shown.get_by_role("button", name=f"Delete {queue}")
    expect(shown).to_be_visible()
    expect(delete).to_have_count(0)
    system.queuectl("delete", "--yes", job)
    delete.click()
    expect(page.get_by_role("dialog")).to_contain_text("Its settings are lost")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(shown).to_be_visible()
    delete.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(shown).to_have_count(0)
    assert queue not in [known["name"] for known in system.get("/api/queues")["items"]]


def test_locks_in_use_are_listed_and_updated(page: Page, stack: Stack, system: System) -> None:
    key = unique("lock")
    jobs = [system.enqueue("sleep 600", lock={"key": key, "limit": 2}) for _ in range(3)]
    page.goto(f"{stack.page}/queues")
    lock = page.locator(f"[data-lock='{key}']")
    expect(lock).to_have_text(f"{key}221")
    waiting = next(job for job in jobs if system.job(job)["state"] == "pending")
    system.queuectl("cancel", waiting)
    expect(lock).to_have_text(f"{key}220")
    system.queuectl("cancel", *jobs)
    expect(lock).to_have_count(0)
