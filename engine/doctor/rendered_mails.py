"""Renders the mails of all rules for a sample customer and checks links, length and headers."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

from engine.delivery.sample_customer import sample_rule_facts
from engine.doctor.address import PROBE_ID, probe_link
from engine.inbound.unsubscribe import NO_CUSTOMER
from engine.live.finding import Finding, Reporter, Topic
from engine.live.fingerprint import unsubscribes_by_page
from engine.live.network import is_example_domain, is_private_network
from engine.open.open_shop import OpenShop
from mail.message.mime import InvalidMailError, Mail, message_bytes
from mail.message.pictures import shown_pictures
from mail.message.signed_links import unsubscribe_mailto, unsubscribe_token
from mail.render.renderer import RenderedMail, RenderError
from mail.render.sample_facts import LINK, PICTURE
from settings.brand.appearance import Appearance
from shop.types.purpose import Purpose
from triggers.config import Send
from triggers.registry import event_of
from triggers.steps import iter_sends

IN_BRAND = "Mend it in config.yaml, under brand: links:."
MAX_WORDS = 90
# Placeholders left in an unfinished template.
UNFINISHED = re.compile(r"\{\{|\}\}|\{%|TODO|FIXME|your-?(?:link|shop|url)|xxx+", re.IGNORECASE)
ONE_CLICK = "List-Unsubscribe=One-Click"
report = Reporter(Topic.MAILS)


@dataclass(frozen=True)
class SampleMail:
    """One template of one rule, rendered for the sample customer."""

    rule: str
    template: str
    mail: RenderedMail
    link: str
    reason: str
    marketing: bool

    @property
    def name(self) -> str:
        return f"{self.template} (rule {self.rule})"


def check_rendered_mails(shop: OpenShop, *, now: datetime) -> list[Finding]:
    """Render each template that a rule sends and check it as a receiver would.

    A template that several rules send is checked once. Returns one finding per problem, or one OK
    finding for all mails.
    """
    findings: list[Finding] = []
    samples: dict[str, SampleMail] = {}
    for rule, step in _send_steps(shop):
        try:
            samples.setdefault(step.send, _render_sample(shop, rule, step, now))
        except RenderError as error:
            findings.append(report.wrong(str(error), "Look at it with: regulars preview"))
    for sample in samples.values():
        findings += _check_mail(shop, sample, now)
    if samples and not findings:
        findings.append(
            report.ok(f"{_all_well(len(samples))}: links, length, text part and unsubscribing.")
        )
    return findings or [report.ok("No rule sends a mail.")]


def _all_well(count: int) -> str:
    return "The one mail of your rules is well" if count == 1 else f"All {count} mails are well"


def _send_steps(shop: OpenShop) -> Iterator[tuple[str, Send]]:
    for name, rule in shop.config.rules.items():
        yield from ((name, step) for _, step in iter_sends(rule))


def _render_sample(shop: OpenShop, rule: str, step: Send, now: datetime) -> SampleMail:
    link = _unsubscribe_link(shop)
    facts = replace(sample_rule_facts(shop.config, rule, step, now=now), unsubscribe_url=link)
    mail = shop.renderer.render(step.send, facts)
    marketing = event_of(shop.config.rules[rule]).purpose is Purpose.MARKETING
    return SampleMail(rule, step.send, mail, link, facts.reason, marketing)


def _unsubscribe_link(shop: OpenShop) -> str:
    """An unsubscribe address that belongs to no customer: these mails are never sent."""
    public, mailbox = shop.config.shop.public_address, shop.config.sending.mailbox
    if public and unsubscribes_by_page(shop.config):
        return probe_link(shop, public)
    unsubscribe_address = mailbox.address if mailbox else None
    token = unsubscribe_token(shop.secret, NO_CUSTOMER, PROBE_ID)
    return unsubscribe_mailto(unsubscribe_address or shop.config.shop.reply_to, token)


def _check_mail(shop: OpenShop, sample: SampleMail, now: datetime) -> Iterator[Finding]:
    yield from _check_links(shop.appearance, sample)
    yield from _check_length(sample)
    yield from _check_headers(shop, sample, now)


def _check_links(appearance: Appearance, sample: SampleMail) -> Iterator[Finding]:
    """The shop's own pictures are known to be there."""
    pictures = [picture.mail_address for picture in appearance.pictures]
    brand_links = asdict(appearance.links).values()
    for link in dict.fromkeys(find_links(sample.mail.html)):
        known = (sample.link, LINK, PICTURE, *pictures)
        error = link_error(link) if link not in known else None
        if error:
            in_template = f"Mend it in templates/{sample.template}.html."
            yield report.wrong(
                f"{sample.name} has a link that {error}: {link[:80]!r}.",
                IN_BRAND if link in brand_links else in_template,
            )


def link_error(link: str) -> str | None:
    """Returns what is wrong with the target of `link`, as the end of a sentence; None where it is
    fine. Nothing is requested.
    """
    if UNFINISHED.search(link):
        return "is not finished"
    try:
        url = urlsplit(link)
        host = url.hostname or ""
    except ValueError:
        url, host = urlsplit(""), ""
    if url.scheme in ("mailto", "tel") and url.path:
        return None
    if url.scheme not in ("http", "https") or not host:
        return "leads nowhere"
    return _web_link_error(url.scheme, host)


def _web_link_error(scheme: str, host: str) -> str | None:
    if is_example_domain(host):
        return "is only an example"
    if is_private_network(host):
        return "leads no further than your own network"
    return "is not https" if scheme == "http" else None


def find_links(html: str) -> list[str]:
    """Returns the targets of all links and images in `html`, in their order."""
    parser = _LinkParser()
    parser.feed(html)
    return parser.links


class _LinkParser(HTMLParser):
    """Collects `href` and `src` attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attribute = {"a": "href", "area": "href", "img": "src"}.get(tag)
        self.links += [(value or "").strip() for name, value in attrs if name == attribute]


def _check_length(sample: SampleMail) -> Iterator[Finding]:
    """The upper size limit is enforced by the renderer (LARGEST_PART), so only words are counted
    here.
    """
    word_count = count_words(sample.mail.text.partition(sample.reason)[0])
    if word_count > MAX_WORDS:
        yield report.warning(
            f"{sample.name} has {word_count} words.",
            f"Up to {MAX_WORDS} are read; one thought is enough.",
        )
    if not word_count:
        yield report.wrong(f"{sample.name} says nothing as plain text.", "Put its words into <p>.")


def count_words(text: str) -> int:
    """Count the words in `text`; URLs do not count."""
    return len(re.findall(r"[^\W_]+(?:['’.-][^\W_]+)*", re.sub(r"https?://\S+", "", text)))


def _check_headers(shop: OpenShop, sample: SampleMail, now: datetime) -> Iterator[Finding]:
    """Mail clients show their unsubscribe button only with both List-Unsubscribe headers (RFC 8058
    §3.1).
    """
    if not (sample.marketing and unsubscribes_by_page(shop.config)):
        return
    try:
        parsed = email.message_from_bytes(
            message_bytes(_to_mail(shop, sample, now)), policy=email.policy.default
        )
    except InvalidMailError as error:
        yield report.wrong(f"{sample.name} cannot be sent: {error}", "Mend its template.")
        return
    link = str(parsed.get("List-Unsubscribe", "")).replace(" ", "")
    if parsed.get("List-Unsubscribe-Post") != ONE_CLICK or link != f"<{sample.link}>":
        yield report.wrong(
            f"{sample.name} lacks what mail programs show their unsubscribe button by.",
            "That is a fault of Regulars: please tell us.",
        )


def _to_mail(shop: OpenShop, sample: SampleMail, now: datetime) -> Mail:
    sender = shop.config.sending.from_
    return Mail(
        message_id=PROBE_ID,
        sender_name=sender.name,
        sender_address=sender.address,
        to_address=shop.config.shop.reply_to,
        to_name=None,
        reply_to=shop.config.shop.reply_to,
        subject=sample.mail.subject,
        text=sample.mail.text,
        html=sample.mail.html,
        unsubscribe_url=sample.link,
        date=now,
        purpose="marketing",
        pictures=shown_pictures(shop.appearance, sample.mail.html),
    )
