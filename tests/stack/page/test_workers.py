"""The workers page: slots, what each runs, drain."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.running import eventually, program
from tests.stack.page.looking import unique
from tests.stack.stacks import Stack
from tests.system import System


def test_a_worker_shows_what_it_runs_and_what_that_uses(page: Page, stack: Stack, system: System) -> None:
    name = unique("busy")
    system.enqueue(f"while :; do :; done # {name}", id=name)
    worker = system.in_state(name, "processing")["worker"]
    page.goto(f"{stack.page}/workers")
    card = page.locator(f"[data-worker='{worker}']")
    expect(card.get_by_role("link", name=name)).to_be_visible()
    expect(card.get_by_role("meter")).to_have_attribute("aria-valuetext", re.compile("[1-4] of 4"))
    expect(card).to_contain_text("CPU")
    system.queuectl("cancel", name)
    expect(card.get_by_role("link", name=name)).to_have_count(0)


def test_draining_asks_once(page: Page, stack: Stack, system: System, tmp_path: Path) -> None:
    others = workers(system)
    with program("queuectl-worker", tmp_path / "worker.log", data_dir=system.data_dir):
        [worker] = eventually(lambda: workers(system).keys() - others.keys())
        page.goto(f"{stack.page}/workers")
        page.get_by_role("button", name=f"Drain {worker}").click()
        page.get_by_role("button", name="Keep as it is").click()
        assert not workers(system)[worker]["draining"]
        page.get_by_role("button", name=f"Drain {worker}").click()
        page.get_by_role("dialog").get_by_role("button", name="Drain").click()
        expect(page.locator(f"[data-worker='{worker}']")).to_contain_text("draining: takes nothing new")
        assert {name for name, known in workers(system).items() if known["draining"]} == {worker}
    expect(page.locator(f"[data-worker='{worker}']")).to_have_count(0)


def workers(system: System) -> dict[str, Any]:
    return {worker["id"]: worker for worker in system.get("/api/workers")["items"]}
