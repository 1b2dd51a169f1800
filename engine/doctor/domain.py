"""What a domain publishes, so that others believe mail in its name: SPF, DKIM, DMARC, MX."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from engine.config.live_check import FREEMAIL
from engine.config.owner_config import OwnersFile
from engine.doctor.dns import Names, Unanswered
from engine.doctor.spf import MOST_LOOKUPS, Spf, spf_of
from engine.live.finding import About, Desk, Finding
from engine.live.freemail import is_freemail
from mail.config import Sending

SENDGRID = "sendgrid.net"
SELECTORS = ("s1", "s2")  # SendGrid's own, unless its user chose another
AUTHENTICATE = (
    "At SendGrid, under Settings → Sender Authentication, authenticate {domain}, and enter the"
    " records it shows where your domain is kept."
)
DKIM_LOOK = (
    "Send yourself a mail, open it at Gmail and choose Show original: it should say DKIM: PASS with"
    " {domain}. What stands behind s= in its DKIM-Signature is your selector: write it behind"
    " dkim selector: under sending:, and it is looked at here."
)
DMARC = 'Enter a TXT record at _dmarc.{domain}: "v=DMARC1; p=none; rua=mailto:{address}".'
EVERYBODY_KNOWS = "gmail.com"
ALONE = f"The name servers know nothing, not even {EVERYBODY_KNOWS}."
ONLINE = "Is this machine on the internet? Try again later."
desk = Desk(About.DOMAIN)


def look(file: OwnersFile, names: Names) -> list[Finding]:
    """Each part by itself: that one could not be asked leaves the others standing."""
    domain = domain_of(file.sending.from_.address)
    if is_freemail(domain):
        return [desk.wrong(f"Your mails are from {domain}.", FREEMAIL.format(domain=domain))]
    if not _is_outside(domain, names):
        return [desk.wrong(ALONE, ONLINE)]
    parts: list[Callable[[], Iterator[Finding]]] = [
        partial(spf, file.sending, domain, names),
        partial(dkim, file.sending, domain, names),
        partial(dmarc, file.sending.from_.address, domain, names),
        partial(mx, file, domain, names),
    ]
    return [finding for part in parts for finding in _asked(part)]


def _is_outside(domain: str, names: Names) -> bool:
    """Where a firewall answers "nothing there" to everything, the domain is not to blame."""
    try:
        return any(names.ask(domain, sort) for sort in ("MX", "TXT", "A")) or bool(
            names.ask(EVERYBODY_KNOWS, "MX")
        )
    except Unanswered:
        return True  # told by each part


def domain_of(address: str) -> str:
    """As it stands in the DNS: letters beyond ASCII are written in others there."""
    domain = address.rpartition("@")[2].lower()
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def _asked(part: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(part())
    except Unanswered as error:
        what = f"The name servers give no answer ({error})."
        return [desk.wrong(what, ONLINE)]


def spf(sending: Sending, domain: str, names: Names) -> Iterator[Finding]:
    found = spf_of(domain, names)
    if not found.records:
        yield _no_spf(sending, domain, names)
        return
    if len(found.records) > 1:
        yield desk.wrong(
            f"{domain} has {len(found.records)} SPF records: receivers then heed none of them.",
            "Make one of them: all include: words in it, one ~all at its end. Delete the others.",
        )
        return
    faults = list(_spf_faults(found, domain))
    yield from faults
    yield from _spf_remarks(sending, found, domain)
    if not faults:
        yield desk.ok(f"{domain} says which servers send for it (SPF).")


def _no_spf(sending: Sending, domain: str, names: Names) -> Finding:
    """SendGrid's envelope has a domain of its own, below ours, with a record of its own."""
    if sending.through == "sendgrid":
        what = f"{domain} does not say which servers send for it (SPF)."
        if signed_by_sendgrid(domain, names):
            return desk.warning(
                f"{what} What goes through SendGrid is covered; your own letters are not.",
                f"Ask who keeps your mailbox for the SPF record, and enter it at {domain}.",
            )
        return desk.wrong(what, AUTHENTICATE.format(domain=domain))
    return desk.wrong(
        f"{domain} does not say which servers send for it (SPF): its mail lands in spam.",
        f"Ask who runs your mail server for the SPF record, and enter it as TXT at {domain}.",
    )


def _spf_faults(found: Spf, domain: str) -> Iterator[Finding]:
    if found.lets_everybody:
        yield desk.wrong(
            f"The SPF record of {domain} lets everybody send in your name (+all).",
            "Replace +all at its end with ~all.",
        )
    if found.lookups > MOST_LOOKUPS:
        yield desk.wrong(
            f"The SPF record of {domain} needs over {MOST_LOOKUPS} lookups: receivers give up.",
            "Take out each include: of a service that you no longer use.",
        )
    for gone in found.empty:
        yield desk.wrong(
            f"The SPF record of {domain} names {gone}, which has none: receivers heed none of it.",
            f"Take out include:{gone}.",
        )


def _spf_remarks(sending: Sending, found: Spf, domain: str) -> Iterator[Finding]:
    if not found.lets_everybody and not found.says_of_others:
        yield desk.warning(
            f"The SPF record of {domain} says nothing of other servers.", "Put ~all at its end."
        )
    server = sending.smtp.server if sending.through == "smtp" and sending.smtp else None
    if server and not found.names(server):
        yield desk.warning(
            f"The SPF record of {domain} does not seem to name {server}.",
            "Ask who runs that mail server which include: belongs into it. It may be there by"
            " numbers: then all is well.",
        )


def dkim(sending: Sending, domain: str, names: Names) -> Iterator[Finding]:
    """A selector cannot be listed, only guessed (RFC 6376 §3.1): who sends has to say it."""
    selector = sending.dkim_selector
    if selector:
        yield _dkim_key(domain, selector, names)
    elif sending.through == "sendgrid":
        if signed_by_sendgrid(domain, names):
            yield desk.ok(f"SendGrid signs mails in the name of {domain} (DKIM).")
        else:
            yield desk.wrong(
                f"SendGrid does not sign mails in the name of {domain} (DKIM).",
                AUTHENTICATE.format(domain=domain)
                + " If it is done, with a selector of your own: write dkim selector: under"
                " sending:.",
            )
    else:
        yield desk.warning(
            f"Whether mails are signed in the name of {domain} (DKIM) cannot be seen from here.",
            DKIM_LOOK.format(domain=domain),
        )


def signed_by_sendgrid(domain: str, names: Names) -> bool:
    """Its records point to keys that it keeps and renews: s1.domainkey.u123.wl.sendgrid.net."""
    targets = [one for s in SELECTORS for one in names.ask(f"{s}._domainkey.{domain}", "CNAME")]
    return any(one == SENDGRID or one.endswith(f".{SENDGRID}") for one in targets)


def _dkim_key(domain: str, selector: str, names: Names) -> Finding:
    where = f"{selector}._domainkey.{domain}"
    keys = [tags(one).get("p") for one in names.ask(where, "TXT")]
    if any(keys):
        return desk.ok(f"The key that signs mails in the name of {domain} is published (DKIM).")
    # RFC 6376 §3.6.1: an empty p= says that the key is no longer to be trusted.
    what = "is withdrawn" if "" in keys else "is not there"
    return desk.wrong(
        f"The key at {where} {what}: signatures made with it count for nothing (DKIM).",
        "Ask your mail service for the DKIM record, and enter it where your domain is kept.",
    )


def dmarc(address: str, domain: str, names: Names) -> Iterator[Finding]:
    """RFC 7489 §6.6.3: where a domain has none, the one above it speaks for it."""
    for name in parents(domain):
        found = [
            one for one in names.ask(f"_dmarc.{name}", "TXT") if re.match("v=DMARC1 *(;|$)", one)
        ]
        if found:
            yield _dmarc(found, address, name, below=name != domain)
            return
    yield desk.wrong(
        f"{domain} does not say what to do with mail that is not its own (DMARC). Gmail and Yahoo"
        " ask for it.",
        DMARC.format(domain=domain, address=address),
    )


def _dmarc(found: list[str], address: str, name: str, *, below: bool) -> Finding:
    if len(found) > 1:
        return desk.wrong(
            f"{name} has {len(found)} DMARC records: receivers then heed none of them.",
            "Delete all but one.",
        )
    said = tags(found[0])
    policy = (said.get("sp") if below else None) or said.get("p", "")
    if policy.lower() not in ("none", "quarantine", "reject"):
        return desk.wrong(
            f"The DMARC record of {name} asks for nothing that is known (p={policy}).",
            DMARC.format(domain=name, address=address),
        )
    return desk.ok(f"{name} says what to do with mail that is not its own (DMARC, p={policy}).")


def parents(domain: str) -> list[str]:
    """The domain and those above it, down to two labels."""
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(max(1, len(labels) - 1))]


def tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def mx(file: OwnersFile, domain: str, names: Names) -> Iterator[Finding]:
    answers = domain_of(file.shop.reply_to)
    comes_back = "what cannot be delivered comes back there, to nobody"
    yield _mx(domain, comes_back, names)
    if answers != domain:
        yield _mx(answers, "your customers' answers arrive nowhere", names)


def _mx(domain: str, lost: str, names: Names) -> Finding:
    servers = [one.split()[-1] for one in names.ask(domain, "MX")]
    # RFC 7505 §3: a lone dot says that no mail is taken.
    if any(one != "." for one in servers):
        return desk.ok(f"{domain} takes mail.")
    remedy = f"Ask who keeps your mailbox for the MX record, and enter it at {domain}."
    # RFC 5321 §5.1: without any MX, the host of that name is tried.
    if not servers and any(names.ask(domain, sort) for sort in ("A", "AAAA")):
        return desk.warning(f"{domain} does not say who takes its mail (MX).", remedy)
    return desk.wrong(f"{domain} takes no mail: {lost}.", remedy)
