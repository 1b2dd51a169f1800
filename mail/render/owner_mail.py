"""Renders the morning mail to the owner."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from mail.render.layout_facts import language_facts
from templates.language import ENGLISH, OWNER_FOLDER

LINK = Markup('<a href="{url}" style="font-weight:600">Look at them and decide</a>')


@dataclass(frozen=True)
class DigestTask:
    """An open task."""

    words: str
    customer: str
    late: bool


@dataclass(frozen=True)
class DigestPending:
    """A rule with `mails` that wait for approval; the first are to `names`, `others` to others.

    `url` leads to the page that shows them and asks; empty where there is none.
    """

    rule: str
    mails: int
    names: Sequence[str]
    others: int
    url: str = ""


@dataclass(frozen=True)
class OverdueCustomer:
    """A regular who has not come as usual."""

    name: str
    visits: int
    last: str


@dataclass(frozen=True)
class MorningFacts:
    """The variables of the template."""

    shop: str
    counts: Sequence[tuple[str, int]]
    waiting: int
    pending: Sequence[DigestPending]
    links_until: str  # a moment
    doubt: int
    complaints: int  # by mail, to be confirmed
    held: Sequence[str]
    providers: Sequence[tuple[str, str | None]]  # whose mail is held, and why
    old_data: int  # mails that wait for a source to be read
    unread: int  # customers whose consent could not be read
    missing: Sequence[tuple[str, int]]  # by source, customers not confirmed to be gone
    tasks: Sequence[DigestTask]
    stale: Sequence[str]
    overdue: Sequence[OverdueCustomer]
    visits: str | None = None  # this week's beside last week's; None before the first run


def render_morning_mail(facts: MorningFacts) -> tuple[str, str]:
    """Returns text part and HTML part of the mail."""
    environment = _environment()
    text = environment.get_template("morning.txt").render(asdict(facts))
    text = re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
    paragraphs = text.strip().split("\n\n")
    html = environment.get_template("morning.html").render(
        paragraphs=[
            _with_links(paragraph, [entry.url for entry in facts.pending if entry.url])
            for paragraph in paragraphs
        ],
        language=language_facts(ENGLISH.code),
    )
    return text, html


def _with_links(paragraph: str, urls: Sequence[str]) -> Markup:
    """Only addresses of our own become links: names of customers may look like addresses."""
    html = escape(paragraph)
    for url in urls:
        before, url_text, after = html.partition(url)
        html = before + LINK.format(url=url_text) + after if url_text else html
    return html


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(OWNER_FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
    )
