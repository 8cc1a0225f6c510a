"""The workers page: slots, running jobs, drain."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.faults.small_disk import small_disk
from tests.names import unique
from tests.running import ROOT, eventually, migrate, program, running_api
from tests.stack.stacks import Stack
from tests.system import System


def test_a_worker_shows_its_running_jobs_and_their_usage(page: Page, stack: Stack, system: System) -> None:
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


def test_draining_needs_confirmation(page: Page, stack: Stack, system: System, tmp_path: Path) -> None:
    others = workers(system)
    with program("queuectl-worker", tmp_path / "worker.log", data_dir=system.data_dir):
        [worker] = eventually(lambda: workers(system).keys() - others.keys())
        page.goto(f"{stack.page}/workers")
        page.get_by_role("button", name=f"Drain {worker}").click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        assert not workers(system)[worker]["draining"]
        page.get_by_role("button", name=f"Drain {worker}").click()
        page.get_by_role("dialog").get_by_role("button", name="Drain").click()
        expect(page.locator(f"[data-worker='{worker}']")).to_contain_text("draining: starts no new jobs")
        assert {name for name, known in workers(system).items() if known["draining"]} == {worker}
    expect(page.locator(f"[data-worker='{worker}']")).to_have_count(0)


def test_a_full_disk_is_shown_on_every_page(page: Page, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with small_disk(data, mebibytes=48):
        migrate(data)
        with (
            running_api(data, auth="off", token="", dashboard_dir=ROOT / "frontend" / "dist") as url,
            program("queuectl-worker", tmp_path / "worker.log", data_dir=data),
        ):
            system = System(url, data)
            page.goto(f"{url}/jobs")
            expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
            (data / "ballast").write_bytes(bytes(40 << 20))
            job = system.enqueue("true")
            told = page.get_by_text("1 of 1 worker is unavailable and starts no jobs")
            expect(told).to_contain_text("are left for logs")
            page.goto(f"{url}/jobs/{job}")
            expect(page.locator("p", has_text="Waiting:")).to_contain_text("is on hold")
            page.get_by_role("link", name="1 of 1 worker").click()
            expect(page.locator("[data-worker]")).to_contain_text("Unavailable: ")
            (data / "ballast").unlink()
            expect(told).to_have_count(0)
            expect(page.locator("[data-worker]")).not_to_contain_text("Unavailable: ")
            page.goto("about:blank")


def workers(system: System) -> dict[str, Any]:
    return {worker["id"]: worker for worker in system.get("/api/workers")["items"]}
