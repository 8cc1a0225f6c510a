"""The queues page: how deep they are; pause, resume, limit."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.stack.page.looking import unique
from tests.stack.stacks import Stack
from tests.system import System


def card(page: Page, stack: Stack, queue: str) -> Locator:
    page.goto(f"{stack.page}/queues")
    return page.locator(f"[data-queue='{queue}']")


def queue_of(system: System, name: str) -> Any:
    """A queue, as the API has it."""
    return next(queue for queue in system.get("/api/queues")["items"] if queue["name"] == name)


def test_a_queue_is_paused_and_resumed(page: Page, stack: Stack, system: System) -> None:
    queue = unique("q")
    system.in_state(system.enqueue("true", queue=queue), "completed")
    shown = card(page, stack, queue)
    expect(shown).to_contain_text("1 attempt ended in 5 minutes")
    shown.get_by_role("button", name=f"Pause {queue}").click()
    expect(shown).to_contain_text("paused")
    waiting = system.enqueue("true", queue=queue)
    expect(shown.get_by_role("link", name=waiting)).to_be_visible()
    assert system.job(waiting)["state"] == "pending"
    shown.get_by_role("button", name=f"Resume {queue}").click()
    system.in_state(waiting, "completed")
    expect(shown).to_contain_text("2 attempts ended")


def test_a_limit_is_set_and_taken_back(page: Page, stack: Stack, system: System) -> None:
    queue = unique("q")
    system.in_state(system.enqueue("true", queue=queue), "completed")
    shown = card(page, stack, queue)
    shown.get_by_label(f"Limit of {queue}").fill("1")
    shown.get_by_role("button", name="Set").click()
    expect(shown.get_by_label(f"Limit of {queue}")).to_have_value("1")
    for number in range(3):
        system.enqueue("sleep 600", id=f"{queue}-{number}", queue=queue)
    expect(shown.get_by_role("meter")).to_have_attribute("aria-valuetext", "1 of 1")
    expect(shown).to_contain_text("Ready2")
    page.get_by_role("button", name="Undo").click()
    expect(shown.get_by_label(f"Limit of {queue}")).to_have_value("")
    expect(shown).to_contain_text("Running3")
    system.queuectl("cancel", *(f"{queue}-{number}" for number in range(3)))


def test_a_queue_leads_to_its_jobs_and_its_dead(page: Page, stack: Stack, system: System) -> None:
    queue = unique("q")
    system.in_state(system.enqueue("exit 1", queue=queue, max_retries=0), "dead")
    shown = card(page, stack, queue)
    shown.get_by_role("link", name="1 dead job").click()
    expect(page).to_have_url(f"{stack.page}/dlq?q=queue%3A{queue}")
    page.go_back()
    shown.get_by_role("link", name=queue, exact=True).click()
    expect(page).to_have_url(f"{stack.page}/jobs?q=queue%3A{queue}")


def test_a_queue_takes_only_the_commands_that_are_listed(page: Page, stack: Stack, system: System) -> None:
    queue = unique("q")
    system.in_state(system.enqueue("true", queue=queue), "completed")
    shown = card(page, stack, queue)
    expect(shown).to_contain_text("Takes any command")
    shown.get_by_role("button", name=f"Change the commands of {queue}").click()
    page.get_by_label("Only these").check()
    page.get_by_label("One a line").fill("echo *\n\n  /srv/nightly.sh  ")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(shown).to_contain_text("Takes only echo */srv/nightly.sh")

    page.goto(f"{stack.page}/enqueue")
    page.get_by_label("Command", exact=True).fill("rm -rf x")
    page.get_by_role("combobox", name="Queue").fill(queue)
    page.get_by_role("button", name="Enqueue").click()
    expect(page.get_by_role("alert")).to_contain_text("does not take the command")
    page.get_by_label("Command", exact=True).fill("echo x")
    page.get_by_role("button", name="Enqueue").click()
    expect(page.get_by_text("Enqueued:")).to_be_visible()

    shown = card(page, stack, queue)
    shown.get_by_role("button", name=f"Change the commands of {queue}").click()
    page.get_by_label("Any command").check()
    page.get_by_role("button", name="Set", exact=True).click()
    expect(shown).to_contain_text("Takes any command")
    assert queue_of(system, queue)["commands"] == ["*"]
    page.get_by_role("button", name="Undo").click()
    expect(shown).to_contain_text("Takes only echo */srv/nightly.sh")

    shown.get_by_role("button", name=f"Change the commands of {queue}").click()
    page.get_by_label("As default-commands says").check()
    page.get_by_role("button", name="Set", exact=True).click()
    expect(shown).to_contain_text("Takes any command")
    assert queue_of(system, queue)["commands"] is None
