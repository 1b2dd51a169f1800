"""Links are valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, anchors, links, pages

each_page = pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    assert not [link for link in links(page) if not leads_somewhere(page, link)]


def leads_somewhere(page: Path, link: str) -> bool:
    """Return whether `link` is valid; external links are not checked."""
    if link.startswith("https://"):
        return True
    path, _, place = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    inside = target.exists() and target.is_relative_to(ROOT)
    return inside and (not place or place in anchors(target))


def test_a_dead_link_is_found() -> None:
    assert leads_somewhere(ROOT / "README.md", "docs/rules.md#include-backlog")
    assert not leads_somewhere(ROOT / "README.md", "docs/rules.md#include-backlogs")
    assert not leads_somewhere(ROOT / "README.md", "docs/ruler.md")
    assert not leads_somewhere(ROOT / "README.md", "../elsewhere")


def test_every_owners_page_is_found_from_the_readme() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in links(ROOT / "README.md")}
    assert set((ROOT / "docs").glob("*.md")) <= linked


@pytest.mark.parametrize("picture", ["mail.png", "terminal.png"])
def test_a_picture_is_small(picture: str) -> None:
    assert (ROOT / "docs" / "pictures" / picture).stat().st_size < 200_000
