"""`python -m bench.live_log`: the time from a command printing a line until a terminal and the dashboard show it."""

import json
import subprocess
import time

from playwright.sync_api import sync_playwright

from bench.figure import Figure, percentile, show
from bench.temp_dir import temp_dir
from tests.browser import FLAGS, installed
from tests.running import BIN, clean_environment, migrate
from tests.signed_in import sign_in
from tests.stack.stacks import Processes

LINES = 100
PRINT = f"for n in $(seq {LINES}); do sleep 0.1; date '+at %s%N'; done; sleep 5"
SEEN = """
    () => {
        window.seen = {}
        const look = () => {
            const text = document.querySelector('[role=log]')?.textContent ?? ''
            for (const [, at] of text.matchAll(/at (\\d{19})/g)) window.seen[at] ??= Date.now()
        }
        new MutationObserver(look).observe(document, { childList: true, characterData: true, subtree: true })
    }
"""


def figures() -> list[Figure]:
    """Goal 11. Each line is the time at which `date` printed it."""
    with temp_dir() as data_dir:
        migrate(data_dir)
        stack = Processes(data_dir)
        stack.start()
        try:
            terminal, page = in_the_terminal(stack), in_the_page(stack)
        finally:
            stack.remove()
    return [
        Figure(
            11, f"line printed → shown in {where}, p50", percentile(taken, 0.5), "ms", 50, most=True, note=worst(taken)
        )
        for where, taken in (("a following terminal", terminal), ("the page", page))
    ]


def worst(taken: list[float]) -> str:
    """The number of lines, and the 99th percentile."""
    return f"{len(taken)} lines, p99 {percentile(taken, 0.99):.0f} ms"


def in_the_terminal(stack: Processes) -> list[float]:
    """Milliseconds until each line is read from `queuectl logs --follow`."""
    job = stack.system.enqueue(PRINT)
    environment = clean_environment(url=stack.system.url)
    follow = [str(BIN / "queuectl"), "logs", "--follow", job]
    taken = []
    with subprocess.Popen(follow, env=environment, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout
        for line in following.stdout:
            if line.startswith("at "):
                taken.append((time.time_ns() - int(line[3:])) / 1e6)
    return taken[5:]  # the first ones were printed before it started


def in_the_page(stack: Processes) -> list[float]:
    """Milliseconds until each line is in the document, with the browser's resolution of a millisecond."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed(), args=FLAGS)
        context = browser.new_context()
        sign_in(context, stack.page)
        page = context.new_page()
        page.goto(stack.page)
        job = stack.system.enqueue(f"sleep 3; {PRINT}")
        page.goto(f"{stack.page}/jobs/{job}")
        page.get_by_role("log").wait_for()
        page.evaluate(SEEN)
        stack.system.in_state(job, "completed")
        seen: dict[str, float] = json.loads(page.evaluate("JSON.stringify(window.seen)"))
        browser.close()
    return [moment - int(at) / 1e6 for at, moment in seen.items()]


if __name__ == "__main__":
    show(figures())
