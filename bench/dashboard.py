"""`make bench-dashboard`: measures the dashboard with 1,000,000 jobs in a real browser; prints a table.

Starts a separate system with one worker, on a queue filled by tests/million.py.
"""

import argparse
import gzip
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import FLAGS, installed
from tests.million import fill
from tests.running import ROOT, migrate
from tests.signed_in import http, sign_in
from tests.stack.stacks import Processes

TIMES = 7
SCROLLED_ROWS = 20_000
TASKS = """
    window.longest = 0
    new PerformanceObserver((seen) => {
        for (const { duration } of seen.getEntries()) window.longest = Math.max(window.longest, duration)
    }).observe({ type: 'longtask', buffered: true })
"""
LAST_ROW = "Math.max(0, ...[...document.querySelectorAll('[aria-rowindex]')].map((row) => +row.ariaRowIndex))"
READY = {
    "overview": (
        "/",
        "document.querySelector('[data-testid=count-completed]')?.textContent.length > 3"
        " && document.querySelectorAll('figure canvas').length >= 5",
    ),
    "jobs": ("/jobs", "document.querySelectorAll('[data-job]').length >= 10"),
    "jobs, one state": ("/jobs?q=state:dead", "document.querySelectorAll('[data-job]').length >= 10"),
    "jobs, a rare word": ("/jobs?q=job00900123", "document.querySelectorAll('[data-job]').length >= 1"),
    "dead letters": ("/dlq", "document.querySelectorAll('[data-failure]').length >= 3"),
    "queues": ("/queues", "document.querySelectorAll('[data-queue]').length >= 5"),
}


def main() -> None:
    """Fill the queue, start the system, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    count: int = parser.parse_args().jobs
    with tempfile.TemporaryDirectory(prefix="queuectl-bench-") as directory:
        data_dir = Path(directory)
        migrate(data_dir)
        fill(data_dir / "queue.db", count, waiting=0)  # otherwise workers would be busy with them
        stack = Processes(data_dir)
        stack.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=installed(), args=FLAGS)
                print(f"| the page, {count:,} jobs | goal | figure |\n| --- | --- | --- |")
                measure(browser, stack)
                browser.close()
        finally:
            stack.remove()


def measure(browser: Browser, stack: Processes) -> None:
    """Measure and print all figures, as rows of a table."""
    for name, (path, ready) in READY.items():
        taken = [usable_after(browser, stack.page + path, ready) for _ in range(TIMES)]
        row(f"{name}: usable after navigation, nothing cached", "< 1 s", ms(taken))
    longest, seconds = scrolled(browser, stack)
    row(f"longest task while scrolling {SCROLLED_ROWS:,} rows", "≤ 100 ms", f"{longest:.0f} ms (in {seconds:.0f} s)")
    seen = [latency for _ in range(TIMES) for latency in seen_after(browser, stack)]
    row("change → shown, in the list of jobs", "≤ 300 ms", ms(seen))
    row("JavaScript of the first load, compressed", "≤ 180 kB", f"{first_load(browser, stack.page) / 1000:.0f} kB")


def usable_after(browser: Browser, url: str, ready: str) -> float:
    """Milliseconds from navigation until `ready` is true, in a browser with an empty cache."""
    page = fresh(browser, url)
    page.goto(url, wait_until="commit")
    page.wait_for_function(f"() => {{ if ({ready}) {{ window.ready ??= performance.now(); return true }} }}")
    milliseconds: float = page.evaluate("window.ready")
    page.context.close()
    return milliseconds


def scrolled(browser: Browser, stack: Processes) -> tuple[float, float]:
    """The longest task, in milliseconds, while scrolling through the list of all jobs; and the duration in seconds."""
    page = fresh(browser, stack.page)
    page.goto(f"{stack.page}/jobs")
    page.wait_for_function(f"() => {READY['jobs'][1]}")
    page.evaluate(TASKS)
    page.mouse.move(600, 600)
    begun, seen = time.monotonic(), 0
    while seen < SCROLLED_ROWS and time.monotonic() - begun < 300:
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(16)
        seen = page.evaluate(
            "Math.max(0, ...[...document.querySelectorAll('[aria-rowindex]')].map(r => +r.ariaRowIndex))"
        )
    longest: float = page.evaluate("window.longest")
    page.context.close()
    return longest, time.monotonic() - begun


def seen_after(browser: Browser, stack: Processes) -> list[float]:
    """Milliseconds from just before a request until the list shows the change: a new job, and its cancellation."""
    page = fresh(browser, stack.page)
    page.goto(f"{stack.page}/jobs")
    page.wait_for_function(f"() => {READY['jobs'][1]}")
    page.get_by_text("Live", exact=True).wait_for()
    page.wait_for_timeout(1000)
    made = f"seen-{time.time_ns()}"
    here = f"document.querySelector('[data-job={made}]')"
    jobs = f"{stack.system.url}/api/jobs"
    found = [
        until(page, here, lambda: http.post(jobs, json={"id": made, "command": "true", "delay": 3600})),
        until(page, f"{here}?.textContent.includes('cancelled')", lambda: http.post(f"{jobs}/{made}/cancel")),
    ]
    page.context.close()
    return found


def until(page: Page, shown: str, change: Callable[[], httpx.Response]) -> float:
    """Milliseconds from before `change` until `shown` is true; the browser and this program share a clock."""
    page.evaluate(
        f"() => {{ window.at = 0; const look = () => {{ if ({shown}) window.at = Date.now();"
        " else requestAnimationFrame(look) }; look() }"
    )
    begun = time.time() * 1000
    change().raise_for_status()
    page.wait_for_function("() => window.at > 0")
    at: float = page.evaluate("window.at")
    return at - begun


def first_load(browser: Browser, url: str) -> int:
    """Gzipped bytes of JavaScript that the first page fetches, without the charts."""
    page = fresh(browser, url)
    scripts: set[str] = set()
    page.on("request", lambda request: scripts.add(request.url) if request.url.endswith(".js") else None)
    page.goto(url, wait_until="load")
    page.wait_for_function(f"() => {READY['overview'][1]}")
    page.context.close()
    files = [ROOT / "frontend" / "dist" / re.sub(r"^https?://[^/]+/", "", script) for script in scripts]
    return sum(len(gzip.compress(file.read_bytes())) for file in files if "TimeChart" not in file.name)


def fresh(browser: Browser, url: str) -> Page:
    """A page in a new browser context."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    sign_in(context, url)
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page


def row(what: str, goal: str, figure: str) -> None:
    """Print a row immediately, because the whole benchmark takes minutes."""
    print(f"| {what} | {goal} | {figure} |", flush=True)


def ms(taken: list[float]) -> str:
    """The median and the maximum."""
    return f"{statistics.median(taken):.0f} ms, worst {max(taken):.0f} ms"


if __name__ == "__main__":
    main()
