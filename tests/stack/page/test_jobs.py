"""The job list."""

from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from tests.names import unique
from tests.stack.page.steps import fits_a_phone, hold, row, scroll_to, visit
from tests.stack.stacks import Stack
from tests.system import System


def look(page: Page, stack: Stack, text: str) -> None:
    """Open the job list with a search."""
    visit(page, stack, f"/jobs?q={quote(text, safe='')}")


def search(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search jobs")


def state_of(page: Page, state: str) -> Locator:
    return page.get_by_role("group", name="State").get_by_role("button", name=state)


def test_search_terms_are_completed(page: Page, stack: Stack, system: System) -> None:
    queue, tag = unique("queue"), unique("tag")
    [wanted] = hold(system, queue=queue, tags=[tag])
    [other] = hold(system, queue=queue)
    visit(page, stack)
    page.keyboard.press("/")
    expect(search(page)).to_be_focused()
    page.keyboard.type(f"queue:{queue[:-2]}")
    expect(page.get_by_role("option", name=f"queue:{queue}")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(row(page, other)).to_be_visible()
    page.keyboard.type(f"tag:{tag[:-2]}")
    page.get_by_role("option", name=f"tag:{tag}").click()
    expect(search(page)).to_have_value(f"queue:{queue} tag:{tag} ")
    expect(row(page, other)).to_have_count(0)
    expect(row(page, wanted)).to_be_visible()


def test_the_search_is_stored_in_the_url(page: Page, stack: Stack, system: System) -> None:
    tag = unique("tag")
    waiting, cancelled = hold(system, 2, tags=[tag])
    system.queuectl("cancel", cancelled)
    look(page, stack, f"tag:{tag}")
    state_of(page, "pending").click()
    expect(page).to_have_url(f"{stack.page}/jobs?q=tag%3A{tag}+state%3Apending")
    expect(row(page, cancelled)).to_have_count(0)
    page.reload()
    expect(row(page, waiting)).to_be_visible()
    expect(row(page, cancelled)).to_have_count(0)
    state_of(page, "cancelled").click()
    expect(row(page, cancelled)).to_be_visible()
    page.go_back()
    expect(row(page, cancelled)).to_have_count(0)
    search(page).fill("no job is called that")
    expect(page.get_by_text("No jobs match")).to_be_visible()


def test_typing_adds_one_history_entry(page: Page, stack: Stack, system: System) -> None:
    tag = unique("tag")
    [job] = hold(system, tags=[tag])
    visit(page, stack)
    look(page, stack, f"tag:{tag}")
    for text in ("a", "ab", "abc"):
        search(page).fill(f"tag:{tag} {text}")
        expect(page).to_have_url(f"{stack.page}/jobs?q=tag%3A{tag}+{text}")
    page.go_back()
    expect(row(page, job)).to_have_count(0)
    expect(search(page)).to_have_count(0)


def test_errors_in_a_search_are_shown(page: Page, stack: Stack, complaints: list[str]) -> None:
    look(page, stack, "state:ded")
    expect(page.get_by_role("alert")).to_contain_text("must be one of pending, processing")
    expect(page.get_by_text("0 jobs")).to_have_count(0)
    look(page, stack, "foo:bar")
    expect(page.get_by_text("foo: is not a filter")).to_be_visible()
    assert all("422" in complaint for complaint in complaints), complaints
    complaints.clear()


def test_jobs_appear_change_and_disappear_without_a_reload(page: Page, stack: Stack, system: System) -> None:
    tag = unique("tag")
    look(page, stack, f"tag:{tag} state:pending,processing")
    expect(page.get_by_text("No jobs match")).to_be_visible()
    job = system.enqueue("sleep 600", tags=[tag])
    expect(row(page, job)).to_contain_text("processing")
    expect(row(page, job)).to_contain_text("1 of 4")
    system.queuectl("cancel", job)
    expect(row(page, job)).to_have_count(0)


def test_new_jobs_do_not_move_the_visible_rows(page: Page, stack: Stack, system: System) -> None:
    tag = unique("tag")
    jobs = hold(system, 60, tags=[tag])
    look(page, stack, f"tag:{tag}")
    read = row(page, jobs[30])
    row(page, jobs[-1]).wait_for()
    scroll_to(page, 1200)
    read.wait_for()
    before = read.bounding_box()
    [newcomer] = hold(system, tags=[tag])
    pill = page.get_by_role("button", name="1 new job")
    expect(pill).to_be_visible()
    assert read.bounding_box() == before
    pill.click()
    expect(row(page, newcomer)).to_be_in_viewport()
    expect(pill).to_have_count(0)


def test_jobs_removed_above_do_not_move_the_visible_rows(page: Page, stack: Stack, system: System) -> None:
    tag = unique("tag")
    jobs = hold(system, 60, tags=[tag])
    look(page, stack, f"tag:{tag}")
    row(page, jobs[50]).wait_for()
    scroll_to(page, 1200)
    read = row(page, jobs[30])
    read.wait_for()
    before = read.bounding_box()
    system.queuectl("delete", "--yes", *jobs[50:55])
    expect(page.get_by_role("status").filter(has_text="55 jobs")).to_be_visible()
    assert read.bounding_box() == before


def test_cancelling_a_range_can_be_undone(page: Page, stack: Stack, system: System) -> None:
    tag = unique("tag")
    jobs = hold(system, 5, tags=[tag])
    look(page, stack, f"tag:{tag}")
    row(page, jobs[1]).get_by_role("checkbox").click()
    row(page, jobs[3]).get_by_role("checkbox").click(modifiers=["Shift"])
    expect(page.get_by_text("3 jobs selected")).to_be_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()
    for job in jobs[1:4]:
        expect(row(page, job)).to_contain_text("cancelled")
    page.get_by_role("button", name="Undo").click()
    for job in jobs[1:4]:
        expect(row(page, job)).to_contain_text("pending")
    assert [system.job(job)["state"] for job in jobs] == ["pending"] * 5


def test_cancelling_a_scheduled_job_needs_confirmation(page: Page, stack: Stack, system: System) -> None:
    job = system.enqueue("true", delay=3600)
    look(page, stack, job)
    row(page, job).get_by_role("checkbox").click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel 1 job").click()
    expect(row(page, job)).to_contain_text("cancelled")
    expect(page.get_by_text("1 job was cancelled.")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_cancelling_a_running_job_needs_confirmation(page: Page, stack: Stack, system: System) -> None:
    job = system.enqueue("sleep 600")
    system.in_state(job, "processing")
    look(page, stack, job)
    row(page, job).get_by_role("checkbox").click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel 1 job").click()
    expect(row(page, job)).to_contain_text("cancelled")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_all_matching_jobs_are_changed_even_if_not_loaded(page: Page, stack: Stack, system: System) -> None:
    tag, other = unique("tag"), unique("other")
    jobs = hold(system, 620, tags=[tag])
    [untouched] = hold(system, tags=[other])
    look(page, stack, f"tag:{tag}")
    row(page, jobs[-1]).wait_for()
    page.get_by_role("checkbox", name="Select all loaded jobs").click()
    page.get_by_role("button", name="Select all matching jobs (620)").click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Cancel 620 jobs?")
    dialog.get_by_role("button", name="Cancel 620 jobs").click()
    expect(page.get_by_text("620 jobs were cancelled.")).to_be_visible()
    assert system.get(f"/api/count?tag={tag}&state=cancelled")["count"] == 620

    page.get_by_role("checkbox", name="Select all loaded jobs").click()
    page.get_by_role("button", name="Select all matching jobs (620)").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog).to_contain_text("This cannot be undone")
    dialog.get_by_role("button", name="Cancel").click()
    assert system.get(f"/api/count?tag={tag}")["count"] == 620
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog.get_by_role("button", name="Delete 620 jobs").click()
    expect(page.get_by_text("No jobs match")).to_be_visible()
    assert system.get(f"/api/count?tag={tag}")["count"] == 0
    assert system.job(untouched)["state"] == "pending"


def test_chosen_columns_are_remembered(page: Page, stack: Stack, system: System) -> None:
    name = unique()
    system.enqueue("true", id=name, delay=3600, priority=77)
    look(page, stack, name)
    expect(row(page, name)).not_to_contain_text("77")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemcheckbox", name="Priority").click()
    page.get_by_role("menuitemcheckbox", name="Queue", exact=True).click()
    expect(row(page, name)).to_contain_text("77")
    page.reload()
    expect(row(page, name)).to_contain_text("77")
    expect(page.get_by_role("columnheader", name="Queue", exact=True)).to_have_count(0)
    expect(page.get_by_role("columnheader", name="State")).to_be_visible()


def test_the_list_is_sorted_by_its_headers(page: Page, stack: Stack, system: System) -> None:
    tag = unique("tag")
    first, second = hold(system, 2, tags=[tag])
    [waits] = hold(system, tags=[tag])
    for job in (second, first):
        system.queuectl("cancel", job)
    look(page, stack, f"tag:{tag}")
    shown = page.locator("[data-job]")
    expect(shown.nth(0)).to_have_attribute("data-job", waits)
    page.get_by_role("button", name="Finished").click()
    expect(shown.nth(0)).to_have_attribute("data-job", first)
    expect(row(page, waits)).to_have_count(0)
    page.get_by_role("button", name="Finished").click()
    expect(shown.nth(0)).to_have_attribute("data-job", second)
    expect(page.get_by_role("columnheader", name="Finished")).to_have_attribute("aria-sort", "ascending")
    expect(page).to_have_url(f"{stack.page}/jobs?q=tag%3A{tag}&sort=finished_at")


def test_everything_works_with_the_keyboard(page: Page, stack: Stack, system: System) -> None:
    tag = unique("tag")
    jobs = hold(system, 3, tags=[tag])
    look(page, stack, f"tag:{tag}")
    row(page, jobs[0]).wait_for()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(row(page, jobs[1])).to_contain_text("cancelled")
    page.keyboard.press("r")
    expect(row(page, jobs[1])).to_contain_text("pending")
    page.keyboard.press("x")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.get_by_text("2 jobs selected")).to_be_visible()
    page.keyboard.press("c")
    for job in jobs[1:]:
        expect(row(page, job)).to_contain_text("cancelled")
    expect(row(page, jobs[0])).to_contain_text("pending")
    row(page, jobs[0]).get_by_role("checkbox").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("selected")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{stack.page}/jobs/{jobs[1]}")


def test_going_back_restores_the_scroll_position(page: Page, stack: Stack, system: System) -> None:
    tag = unique("tag")
    jobs = hold(system, 300, tags=[tag])
    look(page, stack, f"tag:{tag}")
    row(page, jobs[-1]).wait_for()
    scroll_to(page, 6000)
    link = row(page, jobs[170]).get_by_role("link")
    link.click()
    expect(page).to_have_url(f"{stack.page}/jobs/{jobs[170]}")
    page.go_back()
    expect(link).to_be_in_viewport()


def test_it_fits_a_phone(page: Page, stack: Stack, system: System) -> None:
    name = unique()
    system.enqueue("echo " + "long " * 100, id=name, delay=3600, tags=["a-tag"])
    page.set_viewport_size({"width": 360, "height": 740})
    look(page, stack, name)
    row(page, name).get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel job").click()
    expect(row(page, name)).to_contain_text("cancelled")
    row(page, name).get_by_role("checkbox").click()
    fits_a_phone(page)
