"""Steps shared by the tests of the dashboard."""

from playwright.sync_api import Locator, Page

from tests.names import unique
from tests.signed_in import client, created, http
from tests.stack.stacks import Stack
from tests.system import System


def visit(page: Page, stack: Stack, path: str = "/") -> None:
    """Open a page of the dashboard and wait until it is there, which is loaded by itself, and live."""
    page.goto(stack.page + path)
    page.get_by_role("heading", level=1).wait_for()
    page.get_by_text("Live", exact=True).wait_for()


def scroll_to(page: Page, top: int) -> None:
    """Scroll to `top` pixels, which a long list reaches only after its next pages have loaded."""
    page.wait_for_function("top => { scrollTo(0, top); return Math.abs(scrollY - top) < 1 }", arg=top)


def fits_a_phone(page: Page) -> None:
    """Make the page as small as a phone, and wait until nothing of it is wider."""
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_function("() => document.documentElement.scrollWidth <= 360")


def row(page: Page, job_id: str) -> Locator:
    """A job in a list."""
    return page.locator(f"[data-job='{job_id}']")


def token(system: System, role: str, expires_in: float | None = None) -> tuple[str, str]:
    """Create a token; returns its name and secret."""
    with client(system.url) as api:
        name, headers = created(api, role, expires_in)
    return name, headers["Authorization"].removeprefix("Bearer ")


def hold(system: System, count: int = 1, queue: str = "", **fields: object) -> list[str]:
    """Enqueue jobs into a paused queue; returns their ids, oldest first."""
    queue = queue or unique("held")
    http.patch(f"{system.url}/api/queues/{queue}", json={"paused": True}, timeout=60).raise_for_status()
    jobs = [{"command": f"true {number}", "queue": queue, **fields} for number in range(count)]
    answer = http.post(f"{system.url}/api/jobs/batch", json=jobs, timeout=60)
    ids: list[str] = answer.raise_for_status().json()["ids"]
    return ids
