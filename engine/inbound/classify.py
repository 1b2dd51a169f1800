"""Decides what an incoming mail means: bounce, complaint, opt-out or reply."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select, true
from sqlmodel import col

from engine.message_states import ACCEPTED, State
from mail.mailbox.report_types import (
    DeliveryReport,
    Finding,
    ParsedMail,
    PossibleOptOut,
    UnsubscribeRequest,
)
from mail.message.signed_links import Unsubscribe, read_token
from shop.consent.suppressions import MAILBOX, DeliveryEvent, EventKind
from shop.identity.contacts import EMAIL_CHANNEL, in_batches
from shop.tables import Contact, Identity, Message, SignUp

BOUNCES = "bounces"  # reports of mail servers
# Only sent mails can bounce: an id of an unsent mail proves nothing.
POSSIBLY_SENT = ACCEPTED | {State.SENDING, State.IN_DOUBT, State.FAILED}
REPORTED = {EventKind.COMPLAINED: "complaints", EventKind.UNSUBSCRIBED: "unsubscribed"}
POSSIBLE_OPT_OUT = (
    '{sender} may want no more mail: read "{subject}". If so, run: regulars suppress {sender}'
)
ADDRESS_EVIDENCE = "by mail from that address, without its token"
OUTDATED_ID = (
    "about a mail from before an update of Regulars, when anybody could compute the ids of mails: "
    "it may be forged"
)


@dataclass(frozen=True)
class BatchLookup:
    """What the database knows about the mails and senders named in one batch."""

    sent_mails: Mapping[str, str | None]  # address by message id, of mails that may have been sent
    outdated_ids: Collection[str]  # of sent mails about which a report by mail proves nothing
    customers: Mapping[str, Sequence[int]]  # by address


@dataclass(frozen=True)
class MailboxOptOut:
    """An opt-out of customers that no sent mail identifies."""

    event: DeliveryEvent
    customers: Sequence[int]
    evidence: str


@dataclass
class ClassifiedMail:
    """What follows from one incoming mail."""

    mail: ParsedMail
    events: list[DeliveryEvent] = field(default_factory=list)
    opt_outs: list[MailboxOptOut] = field(default_factory=list)
    quarantine_reasons: list[str] = field(default_factory=list)  # for the owner
    counts: list[str] = field(default_factory=list)


def load_known(connection: Connection, mails: Iterable[ParsedMail], secret: str) -> BatchLookup:
    """Look up all message ids and senders of `mails` with one query each."""
    ids: set[str] = set()
    senders: set[str] = set()
    for mail in mails:
        for fact in mail.findings:
            ids.update(fact.message_ids)
            if isinstance(fact, UnsubscribeRequest):
                ids.update(
                    [unsubscribe.message_id]
                    if (unsubscribe := _read_unsubscribe(fact, secret))
                    else []
                )
            if isinstance(fact, UnsubscribeRequest | PossibleOptOut) and fact.sender:
                senders.add(fact.sender)
    sent_mails, outdated_ids = _load_sent(connection, ids)
    return BatchLookup(sent_mails, outdated_ids, customers_by_address(connection, senders))


def classify_mail(
    mail: ParsedMail, received_at: datetime, lookup: BatchLookup, secret: str
) -> ClassifiedMail:
    """Classify each fact of `mail`; facts without consequence are not counted.

    `received_at` dates its events. Returns the events, opt-outs, quarantine reasons and counters.
    """
    classified = ClassifiedMail(mail)
    for fact in mail.findings:
        _classify_fact(fact, classified, received_at, lookup, secret)
    if mail.unreadable:
        classified.quarantine_reasons.append("a mail that cannot be read")
    if mail.automatic:
        classified.counts.append("automatic")
    return classified


def _classify_fact(
    fact: Finding,
    classified: ClassifiedMail,
    received_at: datetime,
    lookup: BatchLookup,
    secret: str,
) -> None:
    if isinstance(fact, DeliveryReport):
        _classify_bounce(fact, classified, received_at, lookup)
    elif isinstance(fact, UnsubscribeRequest):
        _classify_opt_out(fact, classified, received_at, lookup, secret)
    elif isinstance(fact, PossibleOptOut):
        _classify_possible_opt_out(fact, classified, lookup)
    elif message_id := _first_sent(fact.message_ids, lookup):
        classified.events.append(
            DeliveryEvent(
                MAILBOX,
                _event_key(classified.mail, message_id),
                EventKind.REPLIED,
                received_at,
                message_id,
            )
        )
        classified.counts.append("answers")


def _classify_bounce(
    fact: DeliveryReport, classified: ClassifiedMail, received_at: datetime, lookup: BatchLookup
) -> None:
    message_id = _first_sent(fact.message_ids, lookup)
    if message_id is None:
        sender_text = f" from {fact.recipient}" if fact.recipient else ""
        doubt = OUTDATED_ID if _names_outdated(fact, lookup) else "but names no mail of ours"
        classified.quarantine_reasons.append(f"came back{sender_text}, {doubt}: {fact.detail}")
        return
    # The address the mail was sent to, never the one in the report, which anyone who has received
    # a mail could forge.
    source = MAILBOX if fact.kind in REPORTED else BOUNCES
    classified.events.append(
        DeliveryEvent(
            source,
            _event_key(classified.mail, message_id, fact.recipient),
            fact.kind,
            received_at,
            message_id,
            lookup.sent_mails[message_id],
            fact.detail,
            reason=fact.reason,
        )
    )
    classified.counts.append(REPORTED.get(fact.kind, "bounces"))


def _event_key(mail: ParsedMail, *parts: str | None) -> str:
    """Includes what the event is about, so that two mails with the same Message-ID do not hide each
    other.
    """
    return " ".join([mail.key, *(part for part in parts if part)])


def _read_unsubscribe(fact: UnsubscribeRequest, secret: str) -> Unsubscribe | None:
    return read_token(secret, fact.token) if fact.token else None


def _classify_opt_out(
    fact: UnsubscribeRequest,
    classified: ClassifiedMail,
    received_at: datetime,
    lookup: BatchLookup,
    secret: str,
) -> None:
    """By its token, else by the mail it replies to, else by its sender address, which may be
    forged.
    """
    unsubscribe = _read_unsubscribe(fact, secret)
    message_id = _first_sent((unsubscribe.message_id,) if unsubscribe else fact.message_ids, lookup)
    about = unsubscribe.message_id if unsubscribe else message_id or fact.sender
    event = _unsubscribe_event(classified.mail, received_at, message_id, about)
    if message_id:
        classified.events.append(event)
    elif unsubscribe:
        evidence = f"unsubscribed by mail, with the token of mail {unsubscribe.message_id}"
        classified.opt_outs.append(MailboxOptOut(event, (unsubscribe.customer_id,), evidence))
    elif customers := lookup.customers.get(fact.sender or ""):
        classified.opt_outs.append(MailboxOptOut(event, customers, ADDRESS_EVIDENCE))
    elif fact.explicit or _names_outdated(fact, lookup):
        classified.quarantine_reasons.append(
            f"{fact.sender or 'somebody'} wants no more mail, and is nobody we know"
        )
        return
    else:
        return
    classified.counts.append("unsubscribed")


def _classify_possible_opt_out(
    fact: PossibleOptOut, classified: ClassifiedMail, lookup: BatchLookup
) -> None:
    """The owner reads it, where it comes from a customer or answers one of our mails."""
    answers_ours = _first_sent(fact.message_ids, lookup) or _names_outdated(fact, lookup)
    if answers_ours or lookup.customers.get(fact.sender or ""):
        classified.quarantine_reasons.append(
            POSSIBLE_OPT_OUT.format(
                sender=fact.sender or "somebody", subject=classified.mail.subject
            )
        )


def _unsubscribe_event(
    mail: ParsedMail, received_at: datetime, message_id: str | None, about: str | None
) -> DeliveryEvent:
    key, kind = _event_key(mail, about), EventKind.UNSUBSCRIBED
    return DeliveryEvent(MAILBOX, key, kind, received_at, message_id, detail=mail.subject)


def _first_sent(ids: Iterable[str], lookup: BatchLookup) -> str | None:
    return next((message_id for message_id in ids if message_id in lookup.sent_mails), None)


def _names_outdated(fact: Finding, lookup: BatchLookup) -> bool:
    """Whether `fact` names a mail of ours by an id that proves nothing."""
    return any(id_ in lookup.outdated_ids for id_ in fact.message_ids)


def _load_sent(
    connection: Connection, ids: set[str]
) -> tuple[dict[str, str | None], frozenset[str]]:
    """The addresses of sent mails by id, and the ids of those about which no report counts."""
    states = [state.value for state in POSSIBLY_SENT]
    columns = (col(Message.id), col(Message.to_address), col(Message.accepts_mailed_reports))
    mails = select(*columns).where(col(Message.state).in_(states))
    sign_ups = select(col(SignUp.id), col(SignUp.address), true()).where(
        col(SignUp.state).in_(states)
    )
    rows = [
        row
        for chunk in in_batches(ids)
        for query in (
            mails.where(col(Message.id).in_(chunk)),
            sign_ups.where(col(SignUp.id).in_(chunk)),
        )
        for row in connection.execute(query)
    ]
    return {row[0]: row[1] for row in rows if row[2]}, frozenset(
        row[0] for row in rows if not row[2]
    )


def customers_by_address(connection: Connection, senders: set[str]) -> dict[str, list[int]]:
    """Returns the ids of the customers who have or had each of these addresses, by address."""
    customers: dict[str, list[int]] = defaultdict(list)
    for chunk in in_batches(senders):
        query = (
            select(col(Contact.key), col(Identity.customer_id))
            .join(Identity, col(Identity.id) == col(Contact.identity_id))
            .where(
                col(Contact.channel) == EMAIL_CHANNEL,
                col(Contact.key).in_(chunk),
                col(Identity.customer_id).is_not(None),
            )
            .distinct()
        )
        for address, customer_id in connection.execute(query):
            customers[address].append(customer_id)
    return customers
