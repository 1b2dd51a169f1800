"""Renders the mail that asks to confirm a sign-up: one link, no advertising."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import cache
from html import unescape
from pathlib import Path

from markupsafe import escape

from mail.render.page_environment import PageEnvironment
from mail.render.plain_text import html_to_text, tidy_text
from mail.render.template_limits import fill
from templates.language import Language

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
    facts: ConfirmationFacts, base_folder: Path, language: Language
) -> ConfirmationMail:
    """Renders the shop's own copy of the template in `base_folder`; where that fails or has lost
    its link, the one of the `language`.
    """
    own_folder, packaged = base_folder / OWN_FOLDER, language.folder / FOLDER
    if own_folder.is_dir():
        try:
            return _render(own_folder, facts)
        except Exception:  # noqa: BLE001  # a template can fail in any way at all
            return _render(packaged, facts)
    return _render(packaged, facts)


def _render(folder: Path, facts: ConfirmationFacts) -> ConfirmationMail:
    html = fill(
        _environment(folder).get_template(TEMPLATE_FILE), asdict(facts), max_seconds=MAX_SECONDS
    )
    title = TITLE.search(html)
    if title is None or escape(facts.link) not in html or len(html) > MAX_HTML_LENGTH:
        raise ValueError("no subject, or no link")
    text = tidy_text(html_to_text(html.partition("<body")[2].partition(">")[2]))
    if facts.link not in text:  # it is not in a visible part
        raise ValueError("no link that can be pressed")
    return ConfirmationMail(" ".join(unescape(title[1]).split()), text, html)


@cache
def _environment(folder: Path) -> PageEnvironment:
    return PageEnvironment([folder])
