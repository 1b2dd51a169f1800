"""The mails of all rules, written out as they would go, and looked at as a receiver does."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

from engine.delivery.sample_customer import example
from engine.doctor.address import PROBE, probe
from engine.inbound.unsubscribe import NOBODY
from engine.live.finding import About, Desk, Finding
from engine.live.fingerprint import by_page
from engine.live.network import is_made_up, stays_inside
from engine.open.open_shop import OpenShop
from mail.message.mime import BadMail, Mail, message_bytes
from mail.message.signed_links import unsubscribe_mail, unsubscribe_token
from mail.render.renderer import CannotWrite, Letter
from mail.render.sample_facts import LINK, PICTURE
from shop.types.purpose import Purpose
from triggers.config import Send
from triggers.event_defaults import MANNERS
from triggers.steps import sends

MOST_WORDS = 90
# What people leave standing in a template that they mean to finish.
UNFINISHED = re.compile(r"\{\{|\}\}|\{%|TODO|FIXME|your-?(?:link|shop|url)|xxx+", re.IGNORECASE)
ONE_CLICK = "List-Unsubscribe=One-Click"
desk = Desk(About.LETTERS)


@dataclass(frozen=True)
class Written:
    """One mail of one rule."""

    rule: str
    template: str
    letter: Letter
    link: str
    reason: str
    marketing: bool

    @property
    def name(self) -> str:
        return f"{self.template} (rule {self.rule})"


def look(shop: OpenShop, *, now: datetime) -> list[Finding]:
    found: list[Finding] = []
    written: dict[str, Written] = {}
    for rule, step in _sends(shop):
        try:
            written.setdefault(step.send, _write(shop, rule, step, now))
        except CannotWrite as wrong:
            found.append(desk.wrong(str(wrong), "Look at it with: regulars preview"))
    for one in written.values():
        found += _judged(shop, one, now)
    if written and not found:
        found.append(desk.ok(f"{_all(len(written))}: links, length, text part and unsubscribing."))
    return found or [desk.ok("No rule sends a mail.")]


def _all(many: int) -> str:
    return "The one mail of your rules is well" if many == 1 else f"All {many} mails are well"


def _sends(shop: OpenShop) -> Iterator[tuple[str, Send]]:
    for name, rule in shop.file.rules.items():
        yield from ((name, step) for _, step in sends(rule))


def _write(shop: OpenShop, rule: str, step: Send, now: datetime) -> Written:
    link = _link(shop)
    facts = replace(example(shop.file, rule, step, now=now), unsubscribe_url=link)
    letter = shop.letters.write(step.send, facts)
    marketing = MANNERS[shop.file.rules[rule].when].purpose is Purpose.MARKETING
    return Written(rule, step.send, letter, link, facts.reason, marketing)


def _link(shop: OpenShop) -> str:
    """Signed for nobody: these mails are never sent."""
    public, mailbox = shop.file.shop.public_address, shop.file.sending.mailbox
    if public and by_page(shop.file):
        return probe(shop, public)
    written = mailbox.address if mailbox else None
    token = unsubscribe_token(shop.secret, NOBODY, PROBE)
    return unsubscribe_mail(written or shop.file.shop.reply_to, token)


def _judged(shop: OpenShop, one: Written, now: datetime) -> Iterator[Finding]:
    yield from _links(one)
    yield from _length(one)
    yield from _headers(shop, one, now)


def _links(one: Written) -> Iterator[Finding]:
    for link in dict.fromkeys(links_in(one.letter.html)):
        why = fault_of(link) if link not in (one.link, LINK, PICTURE) else None
        if why:
            yield desk.wrong(
                f"{one.name} has a link that {why}: {link[:80]!r}.",
                f"Mend it in templates/{one.template}.html.",
            )


def fault_of(link: str) -> str | None:
    """What is the matter with where a link leads."""
    if UNFINISHED.search(link):
        return "is not finished"
    try:
        where = urlsplit(link)
        host = where.hostname or ""
    except ValueError:
        where, host = urlsplit(""), ""
    if where.scheme in ("mailto", "tel") and where.path:
        return None
    if where.scheme not in ("http", "https") or not host:
        return "leads nowhere"
    return _fault_of_web(where.scheme, host)


def _fault_of_web(scheme: str, host: str) -> str | None:
    if is_made_up(host):
        return "is only an example"
    if stays_inside(host):
        return "leads no further than your own network"
    return "is not https" if scheme == "http" else None


def links_in(html: str) -> list[str]:
    reader = _Links()
    reader.feed(html)
    return reader.found


class _Links(HTMLParser):
    """Where a mail leads, and what it fetches."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = {"a": "href", "area": "href", "img": "src"}.get(tag)
        self.found += [(value or "").strip() for name, value in attrs if name == wanted]


def _length(one: Written) -> Iterator[Finding]:
    """A mail that Gmail would clip is never rendered: see mail.render.renderer.LARGEST_PART."""
    words = words_of(one.letter.text.partition(one.reason)[0])
    if words > MOST_WORDS:
        yield desk.warning(
            f"{one.name} has {words} words.", f"Up to {MOST_WORDS} are read; one thought is enough."
        )
    if not words:
        yield desk.wrong(f"{one.name} says nothing as plain text.", "Put its words into <p>.")


def words_of(text: str) -> int:
    """As a reader counts them: a link is none."""
    return len(re.findall(r"[^\W_]+(?:['’.-][^\W_]+)*", re.sub(r"https?://\S+", "", text)))


def _headers(shop: OpenShop, one: Written, now: datetime) -> Iterator[Finding]:
    """Gmail, Apple and others show their own button by these (RFC 8058 §3.1)."""
    if not (one.marketing and by_page(shop.file)):
        return
    try:
        said = email.message_from_bytes(
            message_bytes(_mail(shop, one, now)), policy=email.policy.default
        )
    except BadMail as wrong:
        yield desk.wrong(f"{one.name} cannot be sent: {wrong}", "Mend its template.")
        return
    link = str(said.get("List-Unsubscribe", "")).replace(" ", "")
    if said.get("List-Unsubscribe-Post") != ONE_CLICK or link != f"<{one.link}>":
        yield desk.wrong(
            f"{one.name} lacks what mail programs show their unsubscribe button by.",
            "That is a fault of Regulars: please tell us.",
        )


def _mail(shop: OpenShop, one: Written, now: datetime) -> Mail:
    sender = shop.file.sending.from_
    return Mail(
        message_id=PROBE,
        sender_name=sender.name,
        sender_address=sender.address,
        to_address=shop.file.shop.reply_to,
        to_name=None,
        reply_to=shop.file.shop.reply_to,
        subject=one.letter.subject,
        text=one.letter.text,
        html=one.letter.html,
        unsubscribe_url=one.link,
        date=now,
        purpose="marketing",
    )
