"""The documentation: each relative link leads to a file, and to a heading in it."""

import re
from pathlib import Path

import pytest

from tests.running import ROOT

PAGES = sorted(str(page.relative_to(ROOT)) for place in (ROOT, ROOT / "docs") for page in place.glob("*.md"))
LINK = re.compile(r"\]\((?![a-z]+:)([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """As GitHub derives them from the headings."""
    headings: list[str] = HEADING.findall(page.read_text())
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_each_link_leads_somewhere(name: str) -> None:
    page = ROOT / name
    for link in LINK.findall(page.read_text()):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
