"""Checks the sender domain's DNS records: SPF, DKIM, DMARC and MX."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from engine.config.live_check import FREEMAIL_ERROR
from engine.config.owner_config import OwnerConfig
from engine.doctor.dns import DnsError, Resolver
from engine.doctor.spf import MAX_LOOKUPS, SpfRecord, fetch_spf
from engine.live.finding import Finding, Reporter, Topic
from engine.live.freemail import is_freemail
from mail.config import Sending
from mail.senders.provider import DkimDelegation
from mail.senders.registry import get_provider

DKIM_REMEDY = (
    "Send yourself a mail, open it at Gmail and choose Show original: it should say DKIM: PASS with"
    " {domain}. What stands behind s= in its DKIM-Signature is your selector: write it behind"
    " dkim selector: under sending:, and it is looked at here."
)
DMARC_REMEDY = 'Enter a TXT record at _dmarc.{domain}: "v=DMARC1; p=none; rua=mailto:{address}".'
KNOWN_DOMAIN = "gmail.com"
NO_DNS = f"The name servers know nothing, not even {KNOWN_DOMAIN}."
OFFLINE_REMEDY = "Is this machine on the internet? Try again later."
report = Reporter(Topic.DOMAIN)


def check_domain(config: OwnerConfig, resolver: Resolver) -> list[Finding]:
    """Check the domain of `from` and of `reply to`.

    Each record type is checked separately: a failed lookup in one does not hide the results of the
    others. Returns the findings in the order SPF, DKIM, DMARC, MX.
    """
    domain = domain_of(config.sending.from_.address)
    if is_freemail(domain):
        return [
            report.wrong(f"Your mails are from {domain}.", FREEMAIL_ERROR.format(domain=domain))
        ]
    if not _dns_works(domain, resolver):
        return [report.wrong(NO_DNS, OFFLINE_REMEDY)]
    checks: list[Callable[[], Iterator[Finding]]] = [
        partial(check_spf, config.sending, domain, resolver),
        partial(check_dkim, config.sending, domain, resolver),
        partial(check_dmarc, config.sending.from_.address, domain, resolver),
        partial(check_mx, config, domain, resolver),
    ]
    return [finding for check in checks for finding in _run_check(check)]


def _dns_works(domain: str, resolver: Resolver) -> bool:
    """Whether lookups work at all: behind a firewall that answers "no records" to everything, the
    domain must not be blamed.
    """
    try:
        return any(
            resolver.query(domain, record_type) for record_type in ("MX", "TXT", "A")
        ) or bool(resolver.query(KNOWN_DOMAIN, "MX"))
    except DnsError:
        return True  # each check reports it


def domain_of(address: str) -> str:
    """Returns the domain of `address` in its ASCII (IDNA) form, as DNS stores it."""
    domain = address.rpartition("@")[2].lower()
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def _run_check(check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(check())
    except DnsError as error:
        message = f"The name servers give no answer ({error})."
        return [report.wrong(message, OFFLINE_REMEDY)]


def check_spf(sending: Sending, domain: str, resolver: Resolver) -> Iterator[Finding]:
    """Check the SPF record of `domain` (RFC 7208): exactly one, valid, and covering the mail
    server.
    """
    spf_record = fetch_spf(domain, resolver)
    if not spf_record.records:
        yield _missing_spf(sending, domain, resolver)
        return
    if len(spf_record.records) > 1:
        yield report.wrong(
            f"{domain} has {len(spf_record.records)} SPF records: receivers then heed none of"
            " them.",
            "Make one of them: all include: words in it, one ~all at its end. Delete the others.",
        )
        return
    errors = list(_spf_errors(spf_record, domain))
    yield from errors
    yield from _spf_warnings(sending, spf_record, domain)
    if not errors:
        yield report.ok(f"{domain} says which servers send for it (SPF).")


def _missing_spf(sending: Sending, domain: str, resolver: Resolver) -> Finding:
    """A provider that signs with its own keys uses an envelope domain below the shop's, which has
    an SPF record of its own.
    """
    provider = get_provider(sending.through)
    if provider.dkim:
        message = f"{domain} does not say which servers send for it (SPF)."
        if provider_signs(provider.dkim, domain, resolver):
            return report.warning(
                f"{message} What goes through {provider.title} is covered; your own letters are"
                " not.",
                f"Ask who keeps your mailbox for the SPF record, and enter it at {domain}.",
            )
        return report.wrong(message, provider.dkim.remedy.format(domain=domain))
    return report.wrong(
        f"{domain} does not say which servers send for it (SPF): its mail lands in spam.",
        f"Ask who runs your mail server for the SPF record, and enter it as TXT at {domain}.",
    )


def _spf_errors(spf_record: SpfRecord, domain: str) -> Iterator[Finding]:
    if spf_record.allows_all:
        yield report.wrong(
            f"The SPF record of {domain} lets everybody send in your name (+all).",
            "Replace +all at its end with ~all.",
        )
    if spf_record.lookups > MAX_LOOKUPS:
        yield report.wrong(
            f"The SPF record of {domain} needs over {MAX_LOOKUPS} lookups: receivers give up.",
            "Take out each include: of a service that you no longer use.",
        )
    for include in spf_record.missing_includes:
        yield report.wrong(
            f"The SPF record of {domain} names {include}, which has none: receivers heed none of"
            " it.",
            f"Take out include:{include}.",
        )


def _spf_warnings(sending: Sending, spf_record: SpfRecord, domain: str) -> Iterator[Finding]:
    if not spf_record.allows_all and not spf_record.has_default:
        yield report.warning(
            f"The SPF record of {domain} says nothing of other servers.", "Put ~all at its end."
        )
    provider = get_provider(sending.through)
    server = provider.host(sending.account) if sending.account and not provider.dkim else None
    if server and not spf_record.covers(server):
        yield report.warning(
            f"The SPF record of {domain} does not seem to name {server}.",
            "Ask who runs that mail server which include: belongs into it. It may be there by"
            " numbers: then all is well.",
        )


def check_dkim(sending: Sending, domain: str, resolver: Resolver) -> Iterator[Finding]:
    """Check the DKIM key of `domain`.

    Selectors cannot be listed in DNS (RFC 6376 §3.1): a mail server's must be configured as `dkim
    selector`, those of a provider that signs with its own keys are known.
    """
    selector, provider = sending.dkim_selector, get_provider(sending.through)
    if selector:
        yield _check_dkim_key(domain, selector, resolver)
    elif provider.dkim:
        if provider_signs(provider.dkim, domain, resolver):
            yield report.ok(f"{provider.title} signs mails in the name of {domain} (DKIM).")
        else:
            yield report.wrong(
                f"{provider.title} does not sign mails in the name of {domain} (DKIM).",
                provider.dkim.remedy.format(domain=domain)
                + " If it is done, with a selector of your own: write dkim selector: under"
                " sending:.",
            )
    else:
        yield report.warning(
            f"Whether mails are signed in the name of {domain} (DKIM) cannot be seen from here.",
            DKIM_REMEDY.format(domain=domain),
        )


def provider_signs(dkim: DkimDelegation, domain: str, resolver: Resolver) -> bool:
    """Whether a CNAME record of one of the provider's selectors below `domain` points to it."""
    targets = [
        target
        for selector in dkim.selectors
        for target in resolver.query(f"{selector}._domainkey.{domain}", "CNAME")
    ]
    return any(target == dkim.target or target.endswith(f".{dkim.target}") for target in targets)


def _check_dkim_key(domain: str, selector: str, resolver: Resolver) -> Finding:
    name = f"{selector}._domainkey.{domain}"
    keys = [parse_tags(record).get("p") for record in resolver.query(name, "TXT")]
    if any(keys):
        return report.ok(f"The key that signs mails in the name of {domain} is published (DKIM).")
    # RFC 6376 §3.6.1: an empty p= says that the key is no longer to be trusted.
    problem = "is withdrawn" if "" in keys else "is not there"
    return report.wrong(
        f"The key at {name} {problem}: signatures made with it count for nothing (DKIM).",
        "Ask your mail service for the DKIM record, and enter it where your domain is kept.",
    )


def check_dmarc(address: str, domain: str, resolver: Resolver) -> Iterator[Finding]:
    """Check the DMARC policy; where `domain` has none, that of the parent domain applies (RFC 7489
    §6.6.3).
    """
    for name in parent_domains(domain):
        records = [
            text
            for text in resolver.query(f"_dmarc.{name}", "TXT")
            if re.match("v=DMARC1 *(;|$)", text)
        ]
        if records:
            yield _check_dmarc_record(records, address, name, inherited=name != domain)
            return
    yield report.wrong(
        f"{domain} does not say what to do with mail that is not its own (DMARC). Gmail and Yahoo"
        " ask for it.",
        DMARC_REMEDY.format(domain=domain, address=address),
    )


def _check_dmarc_record(records: list[str], address: str, name: str, *, inherited: bool) -> Finding:
    if len(records) > 1:
        return report.wrong(
            f"{name} has {len(records)} DMARC records: receivers then heed none of them.",
            "Delete all but one.",
        )
    tags = parse_tags(records[0])
    policy = (tags.get("sp") if inherited else None) or tags.get("p", "")
    if policy.lower() not in ("none", "quarantine", "reject"):
        return report.wrong(
            f"The DMARC record of {name} asks for nothing that is known (p={policy}).",
            DMARC_REMEDY.format(domain=name, address=address),
        )
    return report.ok(f"{name} says what to do with mail that is not its own (DMARC, p={policy}).")


def parent_domains(domain: str) -> list[str]:
    """Returns `domain` and its parents, down to two labels."""
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(max(1, len(labels) - 1))]


def parse_tags(record: str) -> dict[str, str]:
    """Return the `tag=value` pairs of a DKIM or DMARC `record`, with lower-case keys."""
    pairs = (field.partition("=") for field in record.split(";") if "=" in field)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def check_mx(config: OwnerConfig, domain: str, resolver: Resolver) -> Iterator[Finding]:
    """Check that the domains of `from` (bounces) and of `reply to` (replies) accept mail."""
    reply_domain = domain_of(config.shop.reply_to)
    bounces_lost = "what cannot be delivered comes back there, to nobody"
    yield _check_mx(domain, bounces_lost, resolver)
    if reply_domain != domain:
        yield _check_mx(reply_domain, "your customers' answers arrive nowhere", resolver)


def _check_mx(domain: str, consequence: str, resolver: Resolver) -> Finding:
    servers = [server.split()[-1] for server in resolver.query(domain, "MX")]
    # RFC 7505 §3: a lone dot says that no mail is taken.
    if any(server != "." for server in servers):
        return report.ok(f"{domain} takes mail.")
    remedy = f"Ask who keeps your mailbox for the MX record, and enter it at {domain}."
    # RFC 5321 §5.1: without any MX, the host of that name is tried.
    if not servers and any(resolver.query(domain, record_type) for record_type in ("A", "AAAA")):
        return report.warning(f"{domain} does not say who takes its mail (MX).", remedy)
    return report.wrong(f"{domain} takes no mail: {consequence}.", remedy)
