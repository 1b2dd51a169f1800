"""Renders the public pages; the shop's own template wins while it keeps what the page needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mail.render.plain_text import html_to_text, tidy_text
from templates.language import Language

FOLDER = "pages"
OWN_FOLDER = Path("templates") / FOLDER  # relative to config.yaml
# Markup that a shop's own template must contain to be used.
POST_FORM = re.compile(r"<form[^>]*\smethod=[\"']?post\b", re.IGNORECASE)
REQUIRED_MARKUP = {"unsubscribe": POST_FORM, "join": POST_FORM, "join-confirm": POST_FORM}
MAX_WORDING = 1000


class PageRenderer:
    """Renders page templates in a sandbox."""

    def __init__(
        self, beside: Path, shared_variables: Mapping[str, Any], language: Language
    ) -> None:
        own, packaged = beside / OWN_FOLDER, language.folder / FOLDER
        self._shared_variables = dict(shared_variables)
        self._packaged = _environment(packaged)
        self._own = _environment(own, packaged) if own.is_dir() else None

    def render(self, name: str, **variables: Any) -> str:
        """Returns page `name` as HTML; the packaged template replaces a broken one of the shop."""
        context = {**self._shared_variables, **variables}
        if self._own is not None:
            try:
                html = self._own.get_template(f"{name}.html").render(context)
            except Exception:  # noqa: BLE001  # a template can raise anything
                html = ""
            if html and (name not in REQUIRED_MARKUP or REQUIRED_MARKUP[name].search(html)):
                return html
        return self._packaged.get_template(f"{name}.html").render(context)


def visible_text(html: str) -> str:
    """Returns the visible text of `html`, up to MAX_WORDING characters."""
    body = html.partition("<body")[2].partition(">")[2] or html
    return tidy_text(html_to_text(body)).strip()[:MAX_WORDING]


def _environment(*folders: Path) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
    )
