"""Decides what an incoming mail means for the shop; engine.inbound.read_mailbox acts on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select
from sqlmodel import col

from engine.message_states import ACCEPTED, State
from mail.mailbox.report_types import CameBack, Fact, Understood, Wish
from mail.message.signed_links import Unsubscribe, read_token
from shop.consent.suppressions import Kind, Told
from shop.identity.contacts import ADDRESS, in_lots
from shop.tables import Contact, Identity, Message, SignUp

BOUNCES = "bounces"  # what mail servers report
MAILBOX = "mailbox"  # what people write, or have written for them
# Only what may have left us can come back: of a mail nobody got, an id proves nothing.
MAY_BE_OUT = ACCEPTED | {State.SENDING, State.IN_DOUBT, State.FAILED}
REPORTED = {Kind.COMPLAINED: "complaints", Kind.UNSUBSCRIBED: "unsubscribed"}
BY_ADDRESS = "by mail from that address, without its token"


@dataclass(frozen=True)
class Known:
    """What the database knows of all that some mails name."""

    sent: Mapping[str, str | None]  # mails that may be out, and the address each went to
    customers: Mapping[str, Sequence[int]]  # by address


@dataclass(frozen=True)
class No:
    """Customers who said no, where no mail of ours shows who they are."""

    told: Told
    customers: Sequence[int]
    evidence: str


@dataclass
class Sorted:
    """What one mail comes to."""

    mail: Understood
    told: list[Told] = field(default_factory=list)
    noes: list[No] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)  # why the owner should look at it
    counts: list[str] = field(default_factory=list)


def known_to(connection: Connection, mails: Iterable[Understood], secret: str) -> Known:
    """One question each for all ids and all senders of a batch."""
    ids: set[str] = set()
    senders: set[str] = set()
    for mail in mails:
        for fact in mail.facts:
            ids.update(fact.message_ids)
            if isinstance(fact, Wish):
                ids.update([said.message_id] if (said := _said(fact, secret)) else [])
                senders.update([fact.sender] if fact.sender else [])
    return Known(_sent(connection, ids), customers_at(connection, senders))


def sort_out(mail: Understood, at: datetime, known: Known, secret: str) -> Sorted:
    """Each fact of a mail; one that says nothing to us is not even counted."""
    found = Sorted(mail)
    for fact in mail.facts:
        _sort(fact, found, at, known, secret)
    if mail.unreadable:
        found.aside.append("a mail that cannot be read")
    if mail.automatic:
        found.counts.append("automatic")
    return found


def _sort(fact: Fact, found: Sorted, at: datetime, known: Known, secret: str) -> None:
    if isinstance(fact, CameBack):
        _came_back(fact, found, at, known)
    elif isinstance(fact, Wish):
        _wish(fact, found, at, known, secret)
    elif ours := _first(fact.message_ids, known):
        found.told.append(Told(MAILBOX, _key(found.mail, ours), Kind.ANSWERED, at, ours))
        found.counts.append("answers")


def _came_back(fact: CameBack, found: Sorted, at: datetime, known: Known) -> None:
    ours = _first(fact.message_ids, known)
    if ours is None:
        about = f" from {fact.recipient}" if fact.recipient else ""
        found.aside.append(f"came back{about}, but names no mail of ours: {fact.detail}")
        return
    # The address the mail went to, never the one in the report: whoever holds one of our mails
    # could write somebody else's there.
    source = MAILBOX if fact.kind in REPORTED else BOUNCES
    found.told.append(
        Told(
            source, _key(found.mail, ours, fact.recipient), fact.kind, at, ours,
            known.sent[ours], fact.detail,
        )
    )  # fmt: skip
    found.counts.append(REPORTED.get(fact.kind, "bounces"))


def _key(mail: Understood, *about: str | None) -> str:
    """Not the mail's own name alone: two that bear the same one must not hide each other."""
    return " ".join([mail.key, *(one for one in about if one)])


def _said(fact: Wish, secret: str) -> Unsubscribe | None:
    return read_token(secret, fact.token) if fact.token else None


def _wish(fact: Wish, found: Sorted, at: datetime, known: Known, secret: str) -> None:
    """By its token, else by the mail it answers, else by its sender, who may be forged."""
    said = _said(fact, secret)
    ours = _first((said.message_id,) if said else fact.message_ids, known)
    key = _key(found.mail, said.message_id if said else ours or fact.sender)
    told = Told(MAILBOX, key, Kind.UNSUBSCRIBED, at, ours, detail=found.mail.subject)
    if ours:
        found.told.append(told)
    elif said:
        evidence = f"unsubscribed by mail, with the token of mail {said.message_id}"
        found.noes.append(No(told, (said.customer_id,), evidence))
    elif customers := known.customers.get(fact.sender or ""):
        found.noes.append(No(told, customers, BY_ADDRESS))
    elif fact.spelled:
        found.aside.append(f"{fact.sender or 'somebody'} wants no more mail, and is nobody we know")
        return
    else:
        return
    found.counts.append("unsubscribed")


def _first(ids: Iterable[str], known: Known) -> str | None:
    return next((one for one in ids if one in known.sent), None)


def _sent(connection: Connection, ids: set[str]) -> dict[str, str | None]:
    out = [state.value for state in MAY_BE_OUT]
    mails = select(col(Message.id), col(Message.to_address)).where(col(Message.state).in_(out))
    asking = select(col(SignUp.id), col(SignUp.address)).where(col(SignUp.state).in_(out))
    lots = [
        part
        for some in in_lots(ids)
        for part in (mails.where(col(Message.id).in_(some)), asking.where(col(SignUp.id).in_(some)))
    ]
    return {row[0]: row[1] for lot in lots for row in connection.execute(lot)}


def customers_at(connection: Connection, senders: set[str]) -> dict[str, list[int]]:
    """Whose address it is, or once was."""
    found: dict[str, list[int]] = defaultdict(list)
    for some in in_lots(senders):
        whose = (
            select(col(Contact.key), col(Identity.customer_id))
            .join(Identity, col(Identity.id) == col(Contact.identity_id))
            .where(
                col(Contact.channel) == ADDRESS,
                col(Contact.key).in_(some),
                col(Identity.customer_id).is_not(None),
            )
            .distinct()
        )
        for address, customer in connection.execute(whose):
            found[address].append(customer)
    return found
