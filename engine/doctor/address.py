"""Checks that customers can reach the shop's unsubscribe page at `public address`."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from engine.doctor.dns import DnsError, Resolver
from engine.doctor.http import HttpClient, Response, UnreachableError
from engine.inbound.unsubscribe import NO_CUSTOMER
from engine.live.finding import Finding, Reporter, Topic
from engine.live.fingerprint import unsubscribes_by_page
from engine.live.network import is_example_domain, is_loopback, is_private_network
from engine.open.open_shop import OpenShop
from mail.message.signed_links import unsubscribe_token, unsubscribe_url

PROBE_ID = "doctor"
FORM_MARKER = 'method="post"'
LEAD_REMEDY = (
    "Let it lead to the pages (regulars serve, or regulars pages), through your web server or a"
    " tunnel."
)
ADDRESS_REMEDY = (
    "Write behind public address: what customers can open, like https://mail.yourshop.com."
)
report = Reporter(Topic.ADDRESS)


def check_address(shop: OpenShop, resolver: Resolver, http: HttpClient) -> list[Finding]:
    """Check the way customers unsubscribe: by page, by mail, or at the provider.

    The page is requested over HTTP through `http`; host names are looked up with `resolver`.
    Returns one finding per problem, or a single OK finding.
    """
    if not unsubscribes_by_page(shop.config):
        return [_check_mailto(shop)]
    public = str(shop.config.shop.public_address)
    if is_example_domain(urlsplit(public).hostname or ""):
        return [report.wrong(f"{public} is an example, and nobody's address.", ADDRESS_REMEDY)]
    return [*_check_url(public, resolver), *_check_response(shop, public, http)]


def _check_mailto(shop: OpenShop) -> Finding:
    mailbox, by = shop.config.sending.mailbox, shop.config.sending.unsubscribe_by
    if by not in (None, "pages", "mailbox"):
        return report.ok(f"Customers unsubscribe through {by}.")
    if mailbox is None:
        return report.warning(
            "There is no public address and no mailbox: nobody but you reads who unsubscribes.",
            "Write public address: under shop:, or mailbox: under sending:.",
        )
    return report.warning(
        "Customers unsubscribe by mail. Gmail and Yahoo want large senders to offer one click.",
        "With a public address: under shop:, every mail has it.",
    )


def _check_url(public: str, resolver: Resolver) -> Iterator[Finding]:
    """The URL as configured: https, and reachable from outside the shop's network."""
    host = urlsplit(public).hostname or ""
    if urlsplit(public).scheme != "https":
        yield report.wrong(
            f"{public} is not https: mail programs then show no button to unsubscribe (RFC 8058).",
            "Give it a certificate (Caddy and most tunnels do so by themselves), and write https://.",
        )
    if is_loopback(host) or is_private_network(host) or _all_private(_resolve(host, resolver)):
        yield report.wrong(f"{public} leads no further than your own network.", ADDRESS_REMEDY)


def _all_private(addresses: list[str]) -> bool:
    return bool(addresses) and all(is_private_network(address) for address in addresses)


def _resolve(host: str, resolver: Resolver) -> list[str]:
    """The A and AAAA records of `host`; empty on a failed lookup, which the HTTP check reports."""
    try:
        return [*resolver.query(host, "A"), *resolver.query(host, "AAAA")]
    except DnsError:
        return []  # the HTTP check reports it


def _check_response(shop: OpenShop, public: str, http: HttpClient) -> Iterator[Finding]:
    """Requests `/health`, then an unsubscribe page behind a probe link."""
    try:
        health = http.get(f"{public}/health")
        if health.is_redirect:
            yield _redirect_finding(public)
        elif health.status != 200 or health.text.strip() != "ok":
            yield report.wrong(f"At {public} something else answers than your pages.", LEAD_REMEDY)
        else:
            yield _check_page(public, http.get(probe_link(shop, public)))
    except UnreachableError as error:
        yield report.wrong(f"{public} cannot be opened: {error}.", LEAD_REMEDY)


def probe_link(shop: OpenShop, public: str) -> str:
    """Returns an unsubscribe URL that belongs to no customer: it opens the page, and opting out by
    it has no effect.
    """
    return unsubscribe_url(public, unsubscribe_token(shop.secret, NO_CUSTOMER, PROBE_ID))


def _redirect_finding(public: str) -> Finding:
    return report.wrong(
        f"{public} sends visitors on to another address: a mail program does not follow.",
        "Write that other address behind public address:.",
    )


def _check_page(public: str, response: Response) -> Finding:
    if response.is_redirect:
        return _redirect_finding(public)
    if response.status == 200 and FORM_MARKER in response.text:
        return report.ok(f"{public} answers, and shows the page to unsubscribe.")
    if response.status == 404:
        return report.wrong(
            f"{public} does not know the links in your mails: they are signed with another secret.",
            "Are the pages those of another folder or machine? The secret must be the same:"
            " REGULARS_SECRET in .env.",
        )
    return report.wrong(
        f"{public} does not show the page to unsubscribe (status {response.status}).",
        "Look at what regulars pages says on the terminal, and try again.",
    )
