"""The detail page of a job."""

from playwright.sync_api import Page, expect

from tests.names import unique
from tests.running import eventually
from tests.stack.page.axe import violations
from tests.stack.page.steps import fits_a_phone
from tests.stack.stacks import Stack
from tests.system import System


def test_the_timeline_of_a_retried_job_links_to_the_output_of_each_attempt(
    page: Page, stack: Stack, system: System
) -> None:
    name = unique()
    system.enqueue("echo this is $QUEUECTL_ATTEMPT; [ $QUEUECTL_ATTEMPT = 2 ]", id=name, backoff_base=0.5)
    system.in_state(name, "completed")
    page.goto(f"{stack.page}/jobs/{name}")
    timeline = page.get_by_role("list", name="Timeline")
    expect(timeline.locator("[data-step=run]")).to_have_count(2)
    expect(timeline.locator("[data-step=run]").first).to_contain_text("exit status 1")
    expect(timeline.locator("[data-step=backoff]")).to_contain_text("backoff")
    expect(timeline).to_contain_text("completed")
    expect(page.get_by_role("log")).to_contain_text("this is 2")
    timeline.locator("[data-step=run] button").first.click()
    expect(page.get_by_role("log")).to_contain_text("this is 1")
    expect(page).to_have_url(f"{stack.page}/jobs/{name}?attempt=1")
    page.reload()
    expect(page.get_by_role("log")).to_contain_text("this is 1")
    assert violations(page) == []


def test_a_waiting_job_shows_its_next_attempt_and_can_be_edited(page: Page, stack: Stack, system: System) -> None:
    name = unique()
    system.enqueue("false", id=name, backoff_base=600, tags=["before"])
    system.in_state(name, "failed")
    page.goto(f"{stack.page}/jobs/{name}")
    expect(page.get_by_role("list", name="Timeline")).to_contain_text("next attempt in 9m")
    page.get_by_role("button", name="Edit").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Queue").fill("not a name")
    form.get_by_label("Command").fill("echo changed")
    form.get_by_role("radio", name="Immediately").check()
    form.get_by_role("button", name="Save").click()
    expect(form).to_contain_text("must be 1 to 64 letters")
    form.get_by_label("Queue").fill("edited")
    page.keyboard.press("Control+Enter")
    expect(form).to_have_count(0)
    expect(page.locator("[data-state=completed]")).to_be_visible()
    job = system.job(name)
    assert (job["queue"], job["command"], job["tags"]) == ("edited", "echo changed", ["before"])


def test_resource_usage_is_shown_while_a_job_runs(page: Page, stack: Stack, system: System) -> None:
    name = unique()
    system.enqueue("while :; do :; done", id=name)
    page.goto(f"{stack.page}/jobs/{name}")
    now = page.get_by_role("region", name="Resource usage")
    expect(now.locator("[data-figure=CPU]")).to_contain_text("cores")
    expect(now.locator("[data-figure=CPU]")).not_to_have_text("0.00 cores")
    expect(now.locator("[data-figure=Memory]")).to_contain_text("B")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel job").click()
    expect(page.locator("[data-state=cancelled]")).to_be_visible()
    expect(now).to_have_count(0)
    expect(page.get_by_role("cell", name="cancelled")).to_be_visible()


def test_a_copy_can_be_edited_before_it_is_enqueued(page: Page, stack: Stack, system: System) -> None:
    name, copy = unique(), unique()
    fields = {"env": {"WORD": "hello"}, "tags": ["copied"], "priority": 7, "max_retries": 0}
    system.enqueue("echo $WORD", id=name, **fields)
    system.in_state(name, "completed")
    page.goto(f"{stack.page}/jobs/{name}")
    page.get_by_role("link", name="Enqueue a copy").click()
    expect(page.get_by_role("textbox", name="Command")).to_have_value("echo $WORD")
    page.get_by_role("textbox", name="Command").fill("echo $WORD again")
    page.get_by_label("ID", exact=True).fill(copy)
    page.get_by_role("button", name="Enqueue").click()
    expect(page).to_have_url(f"{stack.page}/jobs/{copy}")
    expect(page.get_by_role("log")).to_contain_text("hello again")
    assert {field: system.job(copy)[field] for field in fields} == fields


def test_a_completed_job_is_rerun_as_a_new_one(page: Page, stack: Stack, system: System) -> None:
    name = unique()
    system.enqueue("echo $WORD", id=name, env={"WORD": "hello"}, tags=[name])
    system.in_state(name, "completed")
    page.goto(f"{stack.page}/jobs/{name}")
    page.get_by_role("button", name="Rerun").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text(name)
    expect(page.get_by_role("log")).to_contain_text("hello")
    new, old = system.get(f"/api/jobs?tag={name}")["items"]
    assert (old["id"], new["env"]) == (name, {"WORD": "hello"})
    expect(page).to_have_url(f"{stack.page}/jobs/{new['id']}")


def test_earlier_runs_of_the_same_command_are_linked(page: Page, stack: Stack, system: System) -> None:
    command = f"echo {unique()}"
    names = [unique() for _ in range(3)]
    for name in names:
        system.enqueue(command, id=name)
        system.in_state(name, "completed")
    page.goto(f"{stack.page}/jobs/{names[2]}")
    runs = page.get_by_role("region", name="Runs of this command")
    expect(runs.get_by_role("link")).to_have_count(3)
    expect(runs.locator("[aria-current]")).to_have_attribute("href", f"/jobs/{names[2]}")
    runs.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(names[0])


def test_deleting_needs_confirmation_and_deletion_elsewhere_is_shown(page: Page, stack: Stack, system: System) -> None:
    kept, name = unique(), unique()
    for each in (kept, name):
        system.enqueue("echo remembered", id=each)
        system.in_state(each, "completed")
    page.goto(f"{stack.page}/jobs/{name}")
    expect(page.get_by_role("log")).to_contain_text("remembered")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    system.queuectl("delete", "--yes", name)
    expect(page.get_by_text("This job has been deleted")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    page.reload()
    expect(page.get_by_text(f"Job {name} not found")).to_be_visible()
    assert violations(page) == []
    page.goto(f"{stack.page}/jobs/{kept}")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page).to_have_url(f"{stack.page}/jobs")
    assert system.queuectl("show", kept).status == 1


def test_a_failed_job_shows_its_last_output_next_to_its_error(page: Page, stack: Stack, system: System) -> None:
    name = unique()
    system.enqueue(r"seq 90; printf '\033[31mno space\n'; sleep 600 & exit 3", id=name, max_retries=0)
    system.in_state(name, "dead")
    page.goto(f"{stack.page}/jobs/{name}")
    tail = page.get_by_role("region", name="Last output")
    expect(tail).to_contain_text("90\n\\x1b[31mno space")
    eventually(lambda: tail.evaluate("box => box.scrollTop > 0 && box.clientHeight <= 160"))  # it opens at its end
    expect(page.get_by_role("row").filter(has_text="exit status 3")).to_contain_text("1 process left behind was killed")
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        assert violations(page) == []
    fits_a_phone(page)
    good = unique()
    system.enqueue("echo fine", id=good)
    system.in_state(good, "completed")
    page.goto(f"{stack.page}/jobs/{good}")
    expect(page.get_by_role("log")).to_contain_text("fine")
    expect(tail).to_have_count(0)


def test_it_fits_a_phone(page: Page, stack: Stack, system: System) -> None:
    name = unique()
    system.enqueue(f"echo {'long ' * 100}; false", id=name, max_retries=2, backoff_base=0, tags=["a-tag"])
    system.in_state(name, "dead")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{stack.page}/jobs/{name}")
    expect(page.get_by_role("log")).to_contain_text("long long")
    fits_a_phone(page)
    assert violations(page) == []
