"""Whether customers get to the shop's own pages: their no must arrive."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from engine.doctor.dns import Names, Unanswered
from engine.doctor.http import Answer, Unreachable, Web
from engine.inbound.unsubscribe import NOBODY
from engine.live.finding import About, Desk, Finding
from engine.live.fingerprint import by_page
from engine.live.network import is_made_up, stays_here, stays_inside
from engine.open.open_shop import OpenShop
from mail.message.signed_links import unsubscribe_token, unsubscribe_url

PROBE = "doctor"
FORM = 'method="post"'
LEAD = (
    "Let it lead to the pages (regulars serve, or regulars pages), through your web server or a"
    " tunnel."
)
WRITE = "Write behind public address: what customers can open, like https://mail.yourshop.com."
desk = Desk(About.ADDRESS)


def look(shop: OpenShop, names: Names, web: Web) -> list[Finding]:
    if not by_page(shop.file):
        return [_by_mail(shop)]
    public = str(shop.file.shop.public_address)
    if is_made_up(urlsplit(public).hostname or ""):
        return [desk.wrong(f"{public} is an example, and nobody's address.", WRITE)]
    return [*_as_written(public, names), *_as_reached(shop, public, web)]


def _by_mail(shop: OpenShop) -> Finding:
    mailbox, by = shop.file.sending.mailbox, shop.file.sending.unsubscribe_by
    if by not in (None, "pages", "mailbox"):
        return desk.ok(f"Customers unsubscribe through {by}.")
    if mailbox is None:
        return desk.warning(
            "There is no public address and no mailbox: nobody but you reads who unsubscribes.",
            "Write public address: under shop:, or mailbox: under sending:.",
        )
    return desk.warning(
        "Customers unsubscribe by mail. Gmail and Yahoo want large senders to offer one click.",
        "With a public address: under shop:, every mail has it.",
    )


def _as_written(public: str, names: Names) -> Iterator[Finding]:
    host = urlsplit(public).hostname or ""
    if urlsplit(public).scheme != "https":
        yield desk.wrong(
            f"{public} is not https: mail programs then show no button to unsubscribe (RFC 8058).",
            "Give it a certificate (Caddy and most tunnels do so by themselves), and write https://.",
        )
    if stays_here(host) or stays_inside(host) or _all_inside(_numbers(host, names)):
        yield desk.wrong(f"{public} leads no further than your own network.", WRITE)


def _all_inside(numbers: list[str]) -> bool:
    return bool(numbers) and all(stays_inside(number) for number in numbers)


def _numbers(host: str, names: Names) -> list[str]:
    try:
        return [*names.ask(host, "A"), *names.ask(host, "AAAA")]
    except Unanswered:
        return []  # whether it answers is looked at in any case


def _as_reached(shop: OpenShop, public: str, web: Web) -> Iterator[Finding]:
    try:
        health = web.get(f"{public}/health")
        if health.leads_elsewhere:
            yield _elsewhere(public)
        elif health.status != 200 or health.text.strip() != "ok":
            yield desk.wrong(f"At {public} something else answers than your pages.", LEAD)
        else:
            yield _page(public, web.get(probe(shop, public)))
    except Unreachable as why:
        yield desk.wrong(f"{public} cannot be opened: {why}.", LEAD)


def probe(shop: OpenShop, public: str) -> str:
    """A link signed for nobody: it shows what a customer would see."""
    return unsubscribe_url(public, unsubscribe_token(shop.secret, NOBODY, PROBE))


def _elsewhere(public: str) -> Finding:
    return desk.wrong(
        f"{public} sends visitors on to another address: a mail program does not follow.",
        "Write that other address behind public address:.",
    )


def _page(public: str, answer: Answer) -> Finding:
    if answer.leads_elsewhere:
        return _elsewhere(public)
    if answer.status == 200 and FORM in answer.text:
        return desk.ok(f"{public} answers, and shows the page to unsubscribe.")
    if answer.status == 404:
        return desk.wrong(
            f"{public} does not know the links in your mails: they are signed with another secret.",
            "Are the pages those of another folder or machine? The secret must be the same:"
            " REGULARS_SECRET in .env.",
        )
    return desk.wrong(
        f"{public} does not show the page to unsubscribe (status {answer.status}).",
        "Look at what regulars pages says on the terminal, and try again.",
    )
