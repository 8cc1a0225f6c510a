"""The README: its tour, and its links."""

from pathlib import Path

import pytest

from tests.running import ROOT
from tests.stack.stacks import Stack
from tests.stack.tour import README, paste_all

PAGES = sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))


def test_every_line_of_the_tour_works(stack: Stack, tmp_path: Path) -> None:
    paste_all(stack.system, tmp_path)


@pytest.mark.parametrize("name", [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"])
def test_the_readme_links_to_every_page(name: str) -> None:
    assert f"({name})" in README
    assert (ROOT / name).is_file()
