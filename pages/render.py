"""Renders the public pages; the shop's own template wins while it keeps what the page needs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mail.render.layout_facts import page_variables
from mail.render.page_environment import PageEnvironment
from mail.render.plain_text import html_to_text, tidy_text
from mail.render.template_limits import check_html, fill
from settings.brand.appearance import PLAIN, Appearance
from settings.shop import Shop
from templates.language import LAYOUTS, Language

FOLDER = "pages"
OWN_FOLDER = Path("templates") / FOLDER  # relative to config.yaml
# Markup that a shop's own template must contain to be used.
POST_FORM = re.compile(r"<form[^>]*\smethod=[\"']?post\b", re.IGNORECASE)
REQUIRED_MARKUP = {"unsubscribe": POST_FORM, "join": POST_FORM, "join-confirm": POST_FORM}
MAX_WORDING = 1000
SHOP_FACTS = ("name", "reply_to", "postal_address")
MAX_SECONDS = 0.1  # of processor time: it is drawn between the requests of others

Samples = Mapping[str, Sequence[Mapping[str, Any]]]  # by page, the variables of each drawing
FolderState = tuple[tuple[str, int, int], ...]


class PageRenderer:
    """Renders page templates in the bounded sandbox of e-mails.

    `mistakes` holds a sentence for each page of the shop that cannot be used, found by drawing all
    of them once with sample words.
    """

    def __init__(
        self,
        beside: Path,
        shop: Shop,
        language: Language,
        samples: Samples,
        appearance: Appearance = PLAIN,
    ) -> None:
        own, packaged = beside / OWN_FOLDER, [language.folder / FOLDER, LAYOUTS / FOLDER]
        self._shared_variables = {
            "shop": {name: getattr(shop, name) for name in SHOP_FACTS},
            **page_variables(language, appearance, data_addresses=True),
        }
        self._packaged = PageEnvironment(packaged)
        self._own = PageEnvironment([own, *packaged]) if own.is_dir() else None
        self._own_folder = own
        # Pages load nothing; a logo is in the page itself.
        self.image_policy = "; img-src data:" if appearance.logo else ""
        self._broken: dict[str, FolderState] = {}  # what the folder was when a page failed
        self.mistakes = list(self._draw(samples))

    def render(self, name: str, **variables: Any) -> str:
        """Returns page `name` as HTML; the packaged template replaces a broken one of the shop.

        A page that failed is tried again when a file of the shop's pages has changed.
        """
        if self._own is not None and not self._is_known_broken(name):
            try:
                return self._render_own(self._own, name, variables)
            except Exception:  # noqa: BLE001  # a template can raise anything
                self._broken[name] = folder_state(self._own_folder)
        return fill(self._packaged.get_template(f"{name}.html"), self._context(variables))

    def _render_own(self, own: PageEnvironment, name: str, variables: Mapping[str, Any]) -> str:
        html = fill(
            own.get_template(f"{name}.html"), self._context(variables), max_seconds=MAX_SECONDS
        )
        check_html(html)
        if name in REQUIRED_MARKUP and not REQUIRED_MARKUP[name].search(html):
            raise ValueError('it has lost its <form method="post">')
        return html

    def _context(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._shared_variables, **variables}

    def _is_known_broken(self, name: str) -> bool:
        state = self._broken.get(name)
        return state is not None and state == folder_state(self._own_folder)

    def _draw(self, samples: Samples) -> Iterator[str]:
        if self._own is None:
            return
        for name, pages in samples.items():
            try:
                for variables in pages:
                    self._render_own(self._own, name, variables)
            except Exception as error:  # noqa: BLE001  # a template can raise anything
                self._broken[name] = folder_state(self._own_folder)
                yield f"{OWN_FOLDER / name}.html is not used: {str(error).rstrip('.')}."


def folder_state(folder: Path) -> FolderState:
    """Returns the name, time of change and size of each file in `folder`."""
    with suppress(OSError):
        return tuple(
            (entry.name, entry.stat().st_mtime_ns, entry.stat().st_size)
            for entry in sorted(os.scandir(folder), key=lambda entry: entry.name)
        )
    return ()


def visible_text(html: str) -> str:
    """Returns the visible text of `html`, up to MAX_WORDING characters."""
    body = html.partition("<body")[2].partition(">")[2] or html
    return tidy_text(html_to_text(body)).strip()[:MAX_WORDING]
