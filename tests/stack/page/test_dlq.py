"""The page of the dead letter queue."""

from playwright.sync_api import Locator, Page, expect

from tests.running import eventually
from tests.stack.page.axe import violations
from tests.stack.page.looking import row, unique, visit
from tests.stack.stacks import Stack
from tests.system import System


def look(page: Page, stack: Stack, queue: str) -> None:
    """Go to the dead of a queue."""
    visit(page, stack, f"/dlq?q=queue%3A{queue}")


def group(page: Page, error: str) -> Locator:
    """The group of those that died of this."""
    return page.get_by_role("list", name="Groups").locator("> li").filter(has_text=error)


def die(system: System, queue: str, *commands: str) -> list[str]:
    """Enqueue jobs that fail, and wait until they have; their ids."""
    jobs = [system.enqueue(command, queue=queue, max_retries=0) for command in commands]
    for job in jobs:
        system.in_state(job, "dead")
    return jobs


def dead(system: System, queue: str) -> int:
    count: int = system.get(f"/api/count?state=dead&queue={queue}")["count"]
    return count


def test_those_with_one_cause_are_one_row(page: Page, stack: Stack, system: System) -> None:
    queue = unique("queue")
    look(page, stack, queue)
    expect(page.get_by_text("No dead job matches")).to_be_visible()
    same = die(system, queue, "exit 3 # 1", "exit 3 # 2", "exit 3 # 3")
    [other] = die(system, queue, "exit 4 # 1")
    expect(page.get_by_text("4 dead jobs in 2 groups")).to_be_visible()
    expect(group(page, "exit status 3")).to_contain_text("3")
    group(page, "exit status 3").get_by_role("button", expanded=False).click()
    for job in same:
        expect(row(page, job)).to_be_visible()
    expect(row(page, other)).to_have_count(0)
    page.get_by_role("link", name="Show them in the list of jobs").click()
    for job in same:
        expect(row(page, job)).to_be_visible()
    expect(row(page, other)).to_have_count(0)


def test_the_last_line_that_was_printed_tells_causes_apart(page: Page, stack: Stack, system: System) -> None:
    queue = unique("queue")
    failing = 'echo "cp: $WHY" >&2; exit 1'
    for why in ("No space left on device 7", "No space left on device 8", "Permission denied"):
        system.in_state(system.enqueue(failing, queue=queue, max_retries=0, env={"WHY": why}), "dead")
    look(page, stack, queue)
    expect(page.get_by_text("3 dead jobs in 2 groups")).to_be_visible()
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


def test_purging_asks_once_and_takes_nobody_else(page: Page, stack: Stack, system: System) -> None:
    queue = unique("queue")
    die(system, queue, "exit 3", "exit 3")
    [other] = die(system, queue, "exit 4")
    look(page, stack, queue)
    purge = group(page, "exit status 3").get_by_role("button", name="Purge")
    purge.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete 2 jobs?")
    expect(dialog).to_contain_text("cannot be undone")
    dialog.get_by_role("button", name="Keep as it is").click()
    assert dead(system, queue) == 3
    purge.click()
    dialog.get_by_role("button", name="Delete 2 jobs").click()
    expect(group(page, "exit status 3")).to_have_count(0)
    assert dead(system, queue) == 1
    assert system.job(other)["state"] == "dead"


def test_chosen_groups_and_all_of_a_search(page: Page, stack: Stack, system: System) -> None:
    queue, elsewhere = unique("queue"), unique("queue")
    die(system, queue, "exit 3", "exit 4", "exit 5")
    [other] = die(system, elsewhere, "exit 3")
    look(page, stack, queue)
    for status in (3, 4):
        group(page, f"exit status {status}").get_by_role("checkbox").click()
    page.get_by_role("button", name="Purge selected").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete 2 jobs").click()
    expect(page.get_by_text("1 dead job in 1 group")).to_be_visible()
    page.get_by_role("button", name="Purge all").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete 1 job").click()
    expect(page.get_by_text("No dead job matches")).to_be_visible()
    assert dead(system, queue) == 0
    assert system.job(other)["state"] == "dead"


def test_all_of_it_is_done_by_keys(page: Page, stack: Stack, system: System) -> None:
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
    expect(page.get_by_text("1 job in 1 group selected")).to_be_visible()
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
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
