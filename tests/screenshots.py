"""`make screenshots`: every page in two sizes and both themes, from a system with realistic jobs."""

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser import FLAGS, installed
from tests.million import fill
from tests.running import ROOT, migrate
from tests.signed_in import http, sign_in
from tests.stack.stacks import Processes
from tests.system import System

DIRECTORY = ROOT / "docs" / "screenshots"
SIZES = {"wide": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")
JOBS = 20_000
SIGN_IN = "sign-in"
PAGES = {
    SIGN_IN: "/sign-in",
    "overview": "/?span=24h",
    "jobs": "/jobs",
    "job": "/jobs/backup-photos",
    "dead-letters": "/dlq",
    "queues": "/queues",
    "schedules": "/schedules",
    "schedule": "/schedules/nightly-backup",
    "workers": "/workers",
    "audit-log": "/audit",
    "settings": "/settings",
    "tokens": "/settings/tokens",
    "enqueue": "/enqueue",
}
SETTLED_MS = 1500


def main() -> None:
    """Fill the queue, start the system, take the screenshots."""
    DIRECTORY.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="queuectl-screenshots-") as directory:
        data_dir = Path(directory)
        migrate(data_dir)
        fill(data_dir / "queue.db", JOBS, waiting=0)
        stack = Processes(data_dir)
        stack.start()
        try:
            add_activity(stack.system)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=installed(), args=FLAGS)
                for name, path in PAGES.items():
                    take_screenshots(browser, name, stack.page + path)
                browser.close()
        finally:
            stack.remove()


def add_activity(system: System) -> None:
    """Add current activity: jobs of all kinds that run, fail and wait."""
    system.queuectl("queue", "limit", "gpu", "2")
    for name, role, days in (("laptop", "admin", 365), ("grafana", "viewer", None), ("nightly-backup", "operator", 90)):
        new = {"name": name, "role": role, "expires_in": days and days * 86_400}
        http.post(f"{system.url}/api/tokens", json=new).raise_for_status()
    for number in range(1, 9):
        system.enqueue(f"sleep 0.{number}; echo photo {number} of 8", queue="media", tags=["nightly"])
    for day in range(6):
        system.in_state(system.enqueue(f"sleep 0.{3 + day % 3}; echo saved", queue="reports"), "completed")
    system.enqueue(
        "printf '\\033[1;34m==>\\033[0m photos to /mnt/backup\\n';"
        " for n in 1 2 3 4 5 6; do printf '\\033[32m✓\\033[0m album %s, %s files\\n' $n ${n}42; sleep 0.2; done;"
        " [ $QUEUECTL_ATTEMPT -ge 3 ] || { printf '\\033[31merror:\\033[0m the disk is not there\\n' >&2; exit 3; }",
        id="backup-photos",
        queue="reports",
        backoff_base=1.5,
        tags=["nightly", "photos"],
    )
    system.in_state("backup-photos", "completed")
    for title in ("beach", "city", "forest"):
        system.enqueue(
            f"i=0; while [ $i -lt 600000 ]; do i=$((i+1)); done; sleep 600 # render {title}.mov", queue="gpu"
        )
    system.enqueue("ping -i 1 example.test || sleep 600", queue="mail")
    for photo in range(48):
        system.enqueue(f"test -s /mnt/photos/{photo}.jpg", max_retries=0, queue="media")
    system.queuectl("queue", "pause", "mail")
    add_schedules(system)
    for letter in range(5):
        system.enqueue(f"sendmail reader{letter}@example.test", queue="mail", delay=letter * 30)
    time.sleep(3)  # until the usage of running commands has been sampled


def add_schedules(system: System) -> None:
    """Add schedules of all kinds; one has a history."""
    backup = {"command": "/srv/backup.sh /mnt/photos", "queue": "reports", "tags": ["nightly"], "timeout": 3600}
    report = {"command": "python3 report.py --week", "queue": "reports"}
    berlin = {"timezone": "Europe/Berlin", "jitter": 300, "pause_after": 3}
    for new in (
        {"name": "nightly-backup", "cron": "30 2 * * *", **berlin, "job": backup},
        {"name": "thumbnails", "every": 900, "job": {"command": "./thumbnails /mnt/photos/new", "queue": "media"}},
        {"name": "weekly-report", "cron": "0 8 * * MON", "timezone": "America/New_York", "job": report},
    ):
        http.post(f"{system.url}/api/schedules", json=new).raise_for_status()
    for _ in range(6):
        http.post(f"{system.url}/api/schedules/nightly-backup/run?force=true").raise_for_status()
    http.post(f"{system.url}/api/schedules/thumbnails/pause").raise_for_status()


def take_screenshots(browser: Browser, name: str, url: str) -> None:
    """Take the screenshots of one page."""
    for size, (width, height) in SIZES.items():
        for theme in THEMES:
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]  # one of its literals
            if name != SIGN_IN:
                sign_in(context, url)
            page = context.new_page()
            page.goto(url)
            page.get_by_text("Sign in" if name == SIGN_IN else "Live", exact=True).wait_for()
            page.wait_for_timeout(SETTLED_MS)
            page.screenshot(path=DIRECTORY / f"{name}-{size}-{theme}.png")
            context.close()


if __name__ == "__main__":
    main()
