"""The pages as HTML; the shop's own copy wins, as long as it still does what the page is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

import templates
from mail.render.plain_text import html_to_text, tidy_text

PACKAGED = Path(templates.__file__).parent / "pages"
OWN = Path("templates") / "pages"  # beside config.yaml
# What a page must not lose, whatever its owner makes of it.
A_FORM = re.compile(r"<form[^>]*\smethod=[\"']?post\b", re.IGNORECASE)
NEEDED = {"unsubscribe": A_FORM, "join": A_FORM, "join-confirm": A_FORM}
LONGEST_WORDING = 1000


class Drawing:
    """Templates in, pages out."""

    def __init__(self, beside: Path, words: Mapping[str, Any]) -> None:
        own = beside / OWN
        self._words = dict(words)
        self._packaged = _environment(PACKAGED)
        self._own = _environment(own, PACKAGED) if own.is_dir() else None

    def page(self, name: str, **words: Any) -> str:
        """A broken copy of the shop's own must not stand between somebody and their no."""
        known = {**self._words, **words}
        if self._own is not None:
            try:
                drawn = self._own.get_template(f"{name}.html").render(known)
            except Exception:  # noqa: BLE001  # a template can fail in any way at all
                drawn = ""
            if drawn and (name not in NEEDED or NEEDED[name].search(drawn)):
                return drawn
        return self._packaged.get_template(f"{name}.html").render(known)


def said(html: str) -> str:
    """What a page says, as its reader sees it."""
    body = html.partition("<body")[2].partition(">")[2] or html
    return tidy_text(html_to_text(body)).strip()[:LONGEST_WORDING]


def _environment(*folders: Path) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
    )
