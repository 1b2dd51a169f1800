"""The one mail that a sign-up brings: was it you? One button, and nothing that advertises."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import cache
from html import unescape
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import escape

from mail.render.plain_text import html_to_text, tidy_text
from templates.language import Language

FOLDER = "sign-up"
OWN_FOLDER = Path("templates") / FOLDER  # beside config.yaml
TEMPLATE_FILE = "confirm.html"
TITLE = re.compile(r"<title>([^<]+)</title>")
MAX_HTML_LENGTH = 50_000


@dataclass(frozen=True)
class ConfirmationFacts:
    """All that it speaks of. No name: who typed it may not be who reads it."""

    shop: str
    postal_address: str
    asked_on: str
    says: str
    link: str
    valid_until: str


@dataclass(frozen=True)
class ConfirmationMail:
    """As it goes out."""

    subject: str
    text: str
    html: str


def render_confirmation(
    facts: ConfirmationFacts, base_folder: Path, language: Language
) -> ConfirmationMail:
    """By the shop's own copy; by the packaged one where that is broken or has lost its link."""
    own_folder, packaged = base_folder / OWN_FOLDER, language.folder / FOLDER
    if own_folder.is_dir():
        try:
            return _render(own_folder, facts)
        except Exception:  # noqa: BLE001  # a template can fail in any way at all
            return _render(packaged, facts)
    return _render(packaged, facts)


def _render(folder: Path, facts: ConfirmationFacts) -> ConfirmationMail:
    html = _environment(folder).get_template(TEMPLATE_FILE).render(asdict(facts))
    title = TITLE.search(html)
    if title is None or escape(facts.link) not in html or len(html) > MAX_HTML_LENGTH:
        raise ValueError("no subject, or no link")
    text = tidy_text(html_to_text(html.partition("<body")[2].partition(">")[2]))
    if facts.link not in text:  # it stands where nobody sees it
        raise ValueError("no link that can be pressed")
    return ConfirmationMail(" ".join(unescape(title[1]).split()), text, html)


@cache
def _environment(folder: Path) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined
    )
