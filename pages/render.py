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
from templates.language import LAYOUTS, Language, shipped_languages

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

    A page of the shop's own is in the shop's language, one such as `join.de.html` in German.
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
        own = beside / OWN_FOLDER
        self.language = language
        self._appearance = appearance
        self._shop = {name: getattr(shop, name) for name in SHOP_FACTS}
        self._own_folder = own if own.is_dir() else None
        self._environments: dict[tuple[str, bool], PageEnvironment] = {}
        # Pages load nothing; a logo is in the page itself.
        self.image_policy = "; img-src data:" if appearance.logo else ""
        # What the folder was when a page failed, by the page and its language.
        self._broken: dict[tuple[str, str], FolderState] = {}
        self.mistakes = list(self._draw(samples))

    def page_language(self, name: str, wanted: Language | None) -> Language:
        """Returns the language of page `name` to somebody who reads `wanted`: the shop's where the
        shop has a page of its own in no other one.
        """
        if wanted is None or not wanted.is_shipped or wanted.code == self.language.code:
            return wanted if wanted and wanted.is_shipped else self.language
        is_translated = self._own_page(f"{name}.{wanted.code}")
        return self.language if self._own_page(name) and not is_translated else wanted

    def render(self, name: str, language: Language | None = None, **variables: Any) -> str:
        """Returns page `name` as HTML in `language`, else the shop's; the packaged template
        replaces a broken one of the shop.

        A page that failed is tried again when a file of the shop's pages has changed.
        """
        language = language or self.language
        if self._own_folder is not None and not self._is_known_broken(name, language):
            try:
                return self._render_own(name, language, variables)
            except Exception:  # noqa: BLE001  # a template can raise anything
                self._broken[name, language.code] = folder_state(self._own_folder)
        packaged = self._environment(language, with_own=False)
        return fill(packaged.get_template(f"{name}.html"), self._context(language, variables))

    def _render_own(self, name: str, language: Language, variables: Mapping[str, Any]) -> str:
        template = self._environment(language, with_own=True).get_template(f"{name}.html")
        html = fill(template, self._context(language, variables), max_seconds=MAX_SECONDS)
        check_html(html)
        if name in REQUIRED_MARKUP and not REQUIRED_MARKUP[name].search(html):
            raise ValueError('it has lost its <form method="post">')
        return html

    def _environment(self, language: Language, *, with_own: bool) -> PageEnvironment:
        key = language.code, with_own
        if key not in self._environments:
            own = [self._own_folder] if self._own_folder and with_own else []
            self._environments[key] = PageEnvironment(
                [*own, language.folder / FOLDER, LAYOUTS / FOLDER], language=language.code
            )
        return self._environments[key]

    def _context(self, language: Language, variables: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "shop": self._shop,
            **page_variables(language, self._appearance, data_addresses=True),
            **variables,
        }

    def _own_page(self, name: str) -> bool:
        return self._own_folder is not None and (self._own_folder / f"{name}.html").is_file()

    def _is_known_broken(self, name: str, language: Language) -> bool:
        state = self._broken.get((name, language.code))
        return state is not None and state == folder_state(self._own_folder)

    def _draw(self, samples: Samples) -> Iterator[str]:
        if self._own_folder is None:
            return
        for name, pages in samples.items():
            for language in (self.language, *self._own_languages(name)):
                try:
                    for variables in pages:
                        self._render_own(name, language, variables)
                except Exception as error:  # noqa: BLE001  # a template can raise anything
                    self._broken[name, language.code] = folder_state(self._own_folder)
                    file = self._own_file(name, language)
                    yield f"{OWN_FOLDER / file} is not used: {str(error).rstrip('.')}."

    def _own_languages(self, name: str) -> list[Language]:
        """The other languages in which the shop has written page `name`."""
        codes = shipped_languages(self.language.root)
        return [
            Language(code, self.language.root)
            for code in codes
            if code != self.language.code and self._own_page(f"{name}.{code}")
        ]

    def _own_file(self, name: str, language: Language) -> str:
        translated = f"{name}.{language.code}"
        return f"{translated if self._own_page(translated) else name}.html"


def folder_state(folder: Path | None) -> FolderState:
    """Returns the name, time of change and size of each file in `folder`."""
    if folder is None:
        return ()
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
