"""Somebody's no, from the link in one of their mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select
from sqlmodel import col

from engine.messages.recipients import recipients
from engine.open.open_shop import OpenShop
from mail.message.signed_links import read_token
from shop.consent.basis import EMAIL, Said, Says, record_words
from shop.db.engine import reading, writing
from shop.identity.customers import one_writer
from shop.identity.merge import present
from shop.tables import Basis, BasisStatement, Customer

SOURCE = "unsubscribe-page"
NOBODY = 0  # customers count from one
# Who presses twice, or whose mail program asks twice, says one no. Only so long: a yes given in
# between and heard of late must not outlive the second no.
ONE_NO = timedelta(minutes=1)


@dataclass(frozen=True)
class Leaver:
    """Who holds a link: the customer they are today, and the mail it stood in."""

    customer: int
    message_id: str


@dataclass(frozen=True)
class Manner:
    """How they said it, and what they had before their eyes."""

    evidence: str
    wording: str


def leaver(shop: OpenShop, token: str) -> Leaver | None:
    """Whose link this is; None for one that is not ours, and for somebody nobody knows.

    The database is asked either way, so that the time an answer takes tells nothing. A link that we
    signed for nobody is the doctor's: it shows the page, and whoever presses there, nobody leaves.
    """
    said = read_token(shop.secret, token)
    with reading(shop.engine) as connection:
        today = present(connection, said.customer_id if said else NOBODY)
    if said is None or said.customer_id == NOBODY:
        return Leaver(NOBODY, said.message_id) if said else None
    return Leaver(today, said.message_id) if today is not None else None


def leave(shop: OpenShop, who: Leaver, manner: Manner, *, now: datetime) -> None:
    """From the next look at the outbox on nothing goes to them."""
    with reading(shop.engine) as connection:
        if _just_said(connection, who.customer, now):
            return  # without waiting for a turn to write
    with writing(shop.engine) as connection:
        one_writer(connection)
        customer = _held(connection, who.customer)
        if customer is None or _just_said(connection, customer, now):
            return
        meant = recipients(connection, [who.message_id]).get(who.message_id, set())
        record_words(connection, [_no(one, who, manner, now) for one in sorted(meant | {customer})])


def _no(customer: int, who: Leaver, manner: Manner, now: datetime) -> Said:
    return Said(
        customer=customer,
        says=Says.NO,
        at=now,
        evidence=f"{manner.evidence}, from mail {who.message_id}",
        wording=manner.wording,
        actor="the customer",
        source=SOURCE,
    )


def _held(connection: Connection, customer: int) -> int | None:
    """Their row, held until this is written: nobody merges them away meanwhile."""
    wanted = select(col(Customer.id)).with_for_update()
    held = connection.scalar(wanted.where(col(Customer.id) == customer))
    if held is not None:
        return held
    today = present(connection, customer)
    return connection.scalar(wanted.where(col(Customer.id) == today))


def _just_said(connection: Connection, customer: int, now: datetime) -> bool:
    """They said this very no a moment ago, and it holds."""
    said = (
        select(col(BasisStatement.id))
        .join(Basis, col(Basis.statement_id) == col(BasisStatement.id))
        .where(
            col(Basis.customer_id) == customer,
            col(Basis.channel) == EMAIL,
            col(Basis.state) == Says.NO.value,
            col(BasisStatement.source) == SOURCE,
            col(BasisStatement.said_at) > now - ONE_NO,
            col(BasisStatement.said_at) <= now,
        )
    )
    return connection.scalar(said) is not None
