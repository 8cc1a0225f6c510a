"""The overview: counts, charts, and running jobs."""

from playwright.sync_api import Page, expect

from tests.names import unique
from tests.running import eventually
from tests.stack.page.steps import visit
from tests.stack.stacks import Stack
from tests.system import System


def test_counts_update_themselves_and_link_to_the_jobs(page: Page, stack: Stack, system: System) -> None:
    name = unique("counted")
    visit(page, stack)
    expect(page.get_by_test_id("workers")).to_have_text("4")
    shown = page.get_by_test_id("count-completed")
    before = shown.inner_text()
    system.enqueue("true", id=name)
    system.in_state(name, "completed")
    expect(shown).not_to_have_text(before)
    eventually(lambda: shown.inner_text() == f"{system.get('/api/status')['jobs']['completed']:,}")
    shown.click()
    expect(page).to_have_url(f"{stack.page}/jobs?q=state:completed")


def test_the_charts_show_what_happened(page: Page, stack: Stack, system: System) -> None:
    queue = unique("q")
    for command, state in [("true", "completed")] * 3 + [("exit 1", "dead")]:
        system.in_state(system.enqueue(command, queue=queue, max_retries=0), state)
    page.goto(f"{stack.page}/?span=5m&queue={queue}")
    throughput = page.get_by_role("figure", name="Throughput")
    expect(throughput).to_contain_text("3 completed, 1 failed in the last 5 minutes")
    expect(page.get_by_role("figure", name="Failure rate")).to_contain_text("25%")
    expect(page.get_by_role("figure", name="Waiting jobs")).to_contain_text("4 jobs enqueued")
    expect(page.get_by_role("figure", name="Wait time")).to_contain_text("p95")
    expect(page.get_by_role("figure", name="Run time")).to_contain_text("p99")
    system.in_state(system.enqueue("true", queue=queue), "completed")
    expect(throughput).to_contain_text("4 completed, 1 failed")


def test_the_period_and_the_queue_are_stored_in_the_url(page: Page, stack: Stack, system: System) -> None:
    queue = unique("q")
    system.in_state(system.enqueue("true", queue=queue), "completed")
    visit(page, stack)
    page.get_by_text("7d", exact=True).click()
    page.get_by_label("Queue", exact=True).select_option(queue)
    expect(page).to_have_url(f"{stack.page}/?span=7d&queue={queue}")
    page.reload()
    expect(page.get_by_role("figure", name="Throughput")).to_contain_text("1 completed, 0 failed in the last 7 days")


def test_hovering_over_a_chart_shows_that_time(page: Page, stack: Stack) -> None:
    visit(page, stack)
    throughput = page.get_by_role("figure", name="Throughput")
    throughput.locator(".u-over").hover()
    expect(throughput).not_to_contain_text("in the last hour")


def test_running_jobs_are_shown(page: Page, stack: Stack, system: System) -> None:
    visit(page, stack)
    name = unique("running")
    system.enqueue(f"sleep 600 # {name}", id=name)
    running = page.get_by_role("region", name="Running now").get_by_role("link", name=f"sleep 600 # {name}")
    expect(running).to_be_visible()
    system.queuectl("cancel", name)
    expect(running).to_have_count(0)
