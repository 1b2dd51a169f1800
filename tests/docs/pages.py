"""The pages of the documentation and their content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")


class Block(NamedTuple):
    """A code block of a page, without its indentation."""

    page: str
    line: int
    kind: str
    text: str


def pages() -> list[Path]:
    """Return all pages of the documentation."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "connectors/ADDING.md"])


def read_page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(kind: str) -> list[Block]:
    """Return the code blocks of `kind` in all pages."""
    return [block for page in pages() for block in _blocks(page) if block.kind == kind]


def _blocks(page: Path) -> Iterator[Block]:
    page_text = page.read_text(encoding="utf-8")
    for fence in FENCE.finditer(page_text):
        indent, kind, text = fence.groups()
        line = page_text[: fence.start()].count("\n") + 1
        plain = re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)
        yield Block(str(page.relative_to(ROOT)), line, kind, plain)


def without_code(page: Path) -> str:
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    return [link or picture for link, picture in LINK.findall(without_code(page))]


def anchors(page: Path) -> set[str]:
    """Return the anchors of `page`, as GitHub names them."""
    return {_anchor(heading) for heading in HEADING.findall(without_code(page))}


def _anchor(heading: str) -> str:
    letters = re.sub(r"[^\w\- ]", "", heading.lower())
    return letters.replace(" ", "-")


def code_words(text: str) -> set[str]:
    """Return the words in backticks."""
    return set(CODE.findall(text))
