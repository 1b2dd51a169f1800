"""Renders the mail that asks to confirm a sign-up: one link, no advertising."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from markupsafe import escape

from mail.render.css_inline import inline_css
from mail.render.layout_facts import page_variables
from mail.render.page_environment import PageEnvironment
from mail.render.plain_text import SPACES, html_to_text, tidy_text
from mail.render.template_limits import fill
from settings.brand.appearance import PLAIN, Appearance
from templates.language import LAYOUTS, Language

FOLDER = "sign-up"
OWN_FOLDER = Path("templates") / FOLDER  # beside config.yaml
TEMPLATE_FILE = "confirm.html"
TITLE = re.compile(r"<title>([^<]+)</title>")
MAX_HTML_LENGTH = 50_000
MAX_SECONDS = 0.1  # of processor time


@dataclass(frozen=True)
class ConfirmationFacts:
    """The variables of the template. No name: the reader may not be who signed up."""

    shop: str
    postal_address: str
    asked_on: str
    says: str
    link: str
    valid_until: str


@dataclass(frozen=True)
class ConfirmationMail:
    """Subject, text part and HTML part."""

    subject: str
    text: str
    html: str


def render_confirmation(
    facts: ConfirmationFacts,
    base_folder: Path,
    language: Language,
    appearance: Appearance = PLAIN,
) -> ConfirmationMail:
    """Renders the shop's own copy of the template in `base_folder`; where that fails or has lost
    its link, the one of the `language`.
    """
    own_folder = base_folder / OWN_FOLDER
    packaged = (language.folder / FOLDER, LAYOUTS / FOLDER)
    variables = asdict(facts) | page_variables(language, appearance, data_addresses=False)
    if own_folder.is_dir():
        try:
            return _render((own_folder, *packaged), language, variables, facts.link)
        except Exception:  # noqa: BLE001  # a template can fail in any way at all
            return _render(packaged, language, variables, facts.link)
    return _render(packaged, language, variables, facts.link)


def confirmation_language(base_folder: Path, wanted: Language, shop_language: Language) -> Language:
    """Returns the language of the mail to somebody who reads `wanted`: the shop's where it has a
    copy of its own in no other one.
    """
    own_folder = base_folder / OWN_FOLDER
    is_translated = (own_folder / f"confirm.{wanted.code}.html").is_file()
    is_own = (own_folder / TEMPLATE_FILE).is_file() and not is_translated
    return shop_language if is_own or not wanted.is_shipped else wanted


def _render(
    folders: tuple[Path, ...], language: Language, variables: Mapping[str, Any], link: str
) -> ConfirmationMail:
    template = _environment(folders, language.code).get_template(TEMPLATE_FILE)
    html = fill(template, variables, max_seconds=MAX_SECONDS)
    html = inline_css(html) if "<style" in html else html
    title = TITLE.search(html)
    if title is None or escape(link) not in html or len(html) > MAX_HTML_LENGTH:
        raise ValueError("no subject, or no link")
    text = tidy_text(html_to_text(html.partition("<body")[2].partition(">")[2]), language)
    if link not in text:  # it is not in a visible part
        raise ValueError("no link that can be pressed")
    return ConfirmationMail(SPACES.sub(" ", unescape(title[1])).strip(), text, html)


@cache
def _environment(folders: tuple[Path, ...], code: str) -> PageEnvironment:
    return PageEnvironment(folders, language=code)
