"""Accessibility checks with axe-core."""

from playwright.sync_api import Page

from tests.running import ROOT

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    """Violations in the light and in the dark theme."""
    page.evaluate(AXE.read_text())
    found: list[str] = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.locator(f"html[data-theme={theme}]").wait_for()
        found += page.evaluate(
            "axe.run().then(({violations}) => violations.map(({id, nodes}) => `${id}: ${nodes[0].html}`))"
        )
    return found
