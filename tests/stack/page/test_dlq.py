"""The dead letter queue."""

import re
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from tests.names import unique
from tests.running import eventually
from tests.stack.page.axe import violations
from tests.stack.page.steps import fits_a_phone, row, visit
from tests.stack.stacks import Stack
from tests.system import System


def look(page: Page, stack: Stack, queue: str) -> None:
    """Open the dead letters of a queue."""
    visit(page, stack, f"/dlq?q=queue%3A{queue}")


def group(page: Page, error: str) -> Locator:
    """The failure group with this error."""
    return page.get_by_role("list", name="Failure groups").locator("> li").filter(has_text=error)


def die(system: System, queue: str, *commands: str) -> list[str]:
    """Enqueue jobs that fail, and wait until they are dead; returns their ids."""
    jobs = [system.enqueue(command, queue=queue, max_retries=0) for command in commands]
    for job in jobs:
        system.in_state(job, "dead")
    return jobs


def dead(system: System, queue: str) -> int:
    count: int = system.get(f"/api/count?state=dead&queue={queue}")["count"]
    return count


def test_jobs_with_the_same_failure_are_one_group(page: Page, stack: Stack, system: System) -> None:
    queue = unique("queue")
    look(page, stack, queue)
    expect(page.get_by_text("No dead jobs match")).to_be_visible()
    same = die(system, queue, "exit 3 # 1", "exit 3 # 2", "exit 3 # 3")
    [other] = die(system, queue, "exit 4 # 1")
    expect(page.get_by_text("4 dead jobs in 2 failure groups")).to_be_visible()
    expect(group(page, "exit status 3")).to_contain_text("3")
    group(page, "exit status 3").get_by_role("button", expanded=False).click()
    for job in same:
        expect(row(page, job)).to_be_visible()
    expect(row(page, other)).to_have_count(0)
    page.get_by_role("link", name="Show in the job list").click()
    for job in same:
        expect(row(page, job)).to_be_visible()
    expect(row(page, other)).to_have_count(0)


def test_since_refers_to_the_time_of_death_here_and_in_the_linked_list(
    page: Page, stack: Stack, system: System
) -> None:
    queue = unique("queue")
    again, once = die(system, queue, "exit 3", "exit 4")
    system.queuectl("dlq", "retry", again)
    system.in_state(again, "dead")
    since = quote(f"queue:{queue} since:{system.job(again)['finished_at']}")
    visit(page, stack, f"/dlq?q={since}")
    expect(page.get_by_text("1 dead job in 1 failure group")).to_be_visible()
    group(page, "exit status 3").get_by_role("button", expanded=False).click()
    page.get_by_role("link", name="Show in the job list").click()
    expect(page.get_by_role("combobox", name="Search jobs")).to_have_value(re.compile(" died:2"))
    expect(row(page, again)).to_be_visible()
    visit(page, stack, f"/jobs?q={since}")
    expect(page.get_by_text("No jobs match")).to_be_visible()
    assert system.job(once)["state"] == "dead"


def test_the_last_output_line_separates_groups(page: Page, stack: Stack, system: System) -> None:
    queue = unique("queue")
    failing = 'echo "cp: $WHY" >&2; exit 1'
    for why in ("No space left on device 7", "No space left on device 8", "Permission denied"):
        system.in_state(system.enqueue(failing, queue=queue, max_retries=0, env={"WHY": why}), "dead")
    look(page, stack, queue)
    expect(page.get_by_text("3 dead jobs in 2 failure groups")).to_be_visible()
    full = group(page, "exit status 1: cp: No space left on device …")
    full.get_by_role("button", expanded=False).click()
    expect(full.get_by_text("cp: No space left on device 8")).to_be_visible()
    assert violations(page) == []
    visit(page, stack, f"/jobs?q=queue%3A{queue}")
    expect(page.get_by_role("cell").filter(has_text="exit status 1")).to_have_count(3)
    expect(page.get_by_role("cell").filter(has_text="cp: Permission denied")).to_be_visible()


def test_a_group_is_retried(page: Page, stack: Stack, system: System) -> None:
    queue = unique("queue")
    once = "[ $QUEUECTL_ATTEMPT = 2 ] #"
    jobs = die(system, queue, f"{once} 1", f"{once} 2")
    [other] = die(system, queue, "exit 4")
    look(page, stack, queue)
    group(page, "exit status 1").get_by_role("button", name="Retry").click()
    page.get_by_role("dialog").get_by_role("button", name="Retry 2 jobs").click()
    expect(group(page, "exit status 1")).to_have_count(0)
    expect(group(page, "exit status 4")).to_have_count(1)
    for job in jobs:
        assert system.in_state(job, "completed")["attempts"] == 1
    assert len(system.job(other)["history"]) == 1


def test_purging_needs_confirmation_and_spares_other_jobs(page: Page, stack: Stack, system: System) -> None:
    queue = unique("queue")
    die(system, queue, "exit 3", "exit 3")
    [other] = die(system, queue, "exit 4")
    look(page, stack, queue)
    purge = group(page, "exit status 3").get_by_role("button", name="Purge")
    purge.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete 2 jobs?")
    expect(dialog).to_contain_text("cannot be undone")
    dialog.get_by_role("button", name="Cancel").click()
    assert dead(system, queue) == 3
    purge.click()
    dialog.get_by_role("button", name="Delete 2 jobs").click()
    expect(group(page, "exit status 3")).to_have_count(0)
    assert dead(system, queue) == 1
    assert system.job(other)["state"] == "dead"


def test_selected_groups_and_all_matching_jobs_are_purged(page: Page, stack: Stack, system: System) -> None:
    queue, elsewhere = unique("queue"), unique("queue")
    die(system, queue, "exit 3", "exit 4", "exit 5")
    [other] = die(system, elsewhere, "exit 3")
    look(page, stack, queue)
    for status in (3, 4):
        group(page, f"exit status {status}").get_by_role("checkbox").click()
    page.get_by_role("button", name="Purge selected").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete 2 jobs").click()
    expect(page.get_by_text("1 dead job in 1 failure group")).to_be_visible()
    page.get_by_role("button", name="Purge all").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete 1 job").click()
    expect(page.get_by_text("No dead jobs match")).to_be_visible()
    assert dead(system, queue) == 0
    assert system.job(other)["state"] == "dead"


def test_everything_works_with_the_keyboard(page: Page, stack: Stack, system: System) -> None:
    queue = unique("queue")
    jobs = die(system, queue, "exit 3 # 1", "exit 3 # 2")
    [other] = die(system, queue, "exit 4")
    look(page, stack, queue)
    group(page, "exit status 4").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(row(page, jobs[0])).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_text("1 job in 1 failure group selected")).to_be_visible()
    page.keyboard.press("r")
    page.get_by_role("dialog").get_by_role("button", name="Retry 1 job").click()
    eventually(lambda: len(system.job(other)["history"]) == 2)
    assert len(system.job(jobs[0])["history"]) == 1


def test_it_fits_a_phone(page: Page, stack: Stack, system: System) -> None:
    queue = unique("queue")
    die(system, queue, "exit 3 # " + "long " * 100)
    look(page, stack, queue)
    group(page, "exit status 3").get_by_role("button", expanded=False).click()
    row(page, system.get(f"/api/dlq?queue={queue}")["items"][0]["id"]).wait_for()
    fits_a_phone(page)
