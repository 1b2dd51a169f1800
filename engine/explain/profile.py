"""All that is known of one customer, and where each thing comes from. It only reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select, select
from sqlmodel import col

from engine.config.owner_config import OwnersFile
from engine.explain.basis import BasisTold, basis_of
from engine.explain.find_customer import Person, find
from engine.explain.mails import mails_of
from engine.explain.model import Mail
from shop.db.upsert import table_of
from shop.tables import (
    Answer,
    Cart,
    Customer,
    Enrolment,
    Identity,
    Metrics,
    PointsBalance,
    PointsLot,
    Suppression,
)
from shop.types.money import decimals

LATEST = 20  # carts, answers, enrolments and mails


@dataclass(frozen=True)
class Known:
    """A customer as one source knows them."""

    source: str
    id: str
    name: str | None
    email: str | None
    phone: str | None
    birthday: str | None
    language: str | None
    timezone: str | None
    tags: Sequence[str]
    joined_at: datetime | None


@dataclass(frozen=True)
class Suppressed:
    """Why nothing goes to their address, or once went."""

    address: str
    reason: str
    detail: str | None
    since: datetime
    lifted_at: datetime | None
    lifted_because: str | None


@dataclass(frozen=True)
class Bought:
    """What their orders come to, as the last run worked it out."""

    visits: int
    orders: int
    spent: Decimal
    currency: str
    first_visit_at: datetime | None
    last_visit_at: datetime | None
    expected_back_at: datetime | None


@dataclass(frozen=True)
class Lot:
    """Points that came together and end together."""

    left: int
    earned_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True)
class OpenCart:
    """What waits in the online shop."""

    source: str
    id: str
    left_at: datetime
    total: Decimal
    currency: str


@dataclass(frozen=True)
class Answered:
    """What they answered to a survey."""

    at: datetime
    csat: int | None
    nps: int | None
    words: str | None


@dataclass(frozen=True)
class Running:
    """A rule that has begun for them and has not ended."""

    rule: str
    occasion: str
    began_at: datetime
    step: str
    next_at: datetime | None


@dataclass(frozen=True)
class Profile:
    """One customer."""

    customer: Person
    language: str | None
    timezone: str | None
    birthday: str | None
    joined_at: datetime | None
    identities: Sequence[Known]
    basis: BasisTold
    suppression: Suppressed | None
    bought: Bought | None  # None where nothing that counts
    points: int
    lots: Sequence[Lot]
    carts: Sequence[OpenCart]
    answers: Sequence[Answered]
    running: Sequence[Running]
    mails: Sequence[Mail]  # the latest last
    mails_left_out: int


def profile_of(connection: Connection, file: OwnersFile, word: str, *, now: datetime) -> Profile:
    """Raises with a sentence where nobody is meant."""
    person = find(connection, word, file.shop.country)
    number, mails = person.number, mails_of(connection, person.number)
    themselves = _rows(connection, _of(Customer, "id", number))[0]
    return Profile(
        customer=person,
        language=themselves.language,
        timezone=themselves.timezone,
        birthday=themselves.birthday,
        joined_at=themselves.joined_at,
        identities=_identities(connection, number),
        basis=basis_of(connection, file, number, now=now),
        suppression=_suppression(connection, themselves.email_key),
        bought=_bought(connection, number, file.shop.currency),
        points=_balance(connection, number),
        lots=_lots(connection, number),
        carts=_carts(connection, number),
        answers=_answers(connection, number),
        running=_running(connection, number, mails),
        mails=mails[-LATEST:],
        mails_left_out=max(0, len(mails) - LATEST),
    )


def _of(model: Any, column: str, value: Any) -> Select[Any]:
    table = table_of(model)
    return select(table).where(table.c[column] == value)


def _rows(connection: Connection, query: Select[Any]) -> Sequence[Row[Any]]:
    return connection.execute(query).all()


def _identities(connection: Connection, number: int) -> list[Known]:
    theirs = _of(Identity, "customer_id", number)
    rows = _rows(connection, theirs.order_by(col(Identity.source), col(Identity.external_id)))
    return [
        Known(
            source=row.source,
            id=row.external_id,
            name=" ".join(part for part in (row.first_name, row.last_name) if part) or None,
            email=row.email,
            phone=row.phone,
            birthday=row.birthday,
            language=row.language,
            timezone=row.timezone,
            tags=[str(tag) for tag in json.loads(row.tags)],
            joined_at=row.joined_at,
        )
        for row in rows
    ]


def _suppression(connection: Connection, address: str | None) -> Suppressed | None:
    found = _rows(connection, _of(Suppression, "address", address)) if address else []
    return Suppressed(*found[0]) if found else None


def _bought(connection: Connection, number: int, currency: str) -> Bought | None:
    for row in _rows(connection, _of(Metrics, "customer_id", number)):
        return Bought(
            visits=row.visits,
            orders=row.orders,
            spent=_money(row.spent, currency),
            currency=currency,
            first_visit_at=row.first_visit_at,
            last_visit_at=row.last_visit_at,
            expected_back_at=row.expected_back_at,
        )
    return None


def _balance(connection: Connection, number: int) -> int:
    rows = _rows(connection, _of(PointsBalance, "customer_id", number))
    return rows[0].balance if rows else 0


def _lots(connection: Connection, number: int) -> list[Lot]:
    theirs = _of(PointsLot, "customer_id", number).where(col(PointsLot.left) > 0)
    rows = _rows(connection, theirs.order_by(col(PointsLot.earned_at)))
    return [Lot(row.left, row.earned_at, row.expires_at) for row in rows]


def _carts(connection: Connection, number: int) -> list[OpenCart]:
    theirs = _of(Cart, "customer_id", number).where(col(Cart.converted_at).is_(None))
    rows = _rows(connection, theirs.order_by(col(Cart.left_at).desc()).limit(LATEST))
    return [
        OpenCart(
            row.source, row.external_id, row.left_at, _money(row.total, row.currency), row.currency
        )
        for row in rows
    ]


def _answers(connection: Connection, number: int) -> list[Answered]:
    theirs = _of(Answer, "customer_id", number)
    rows = _rows(connection, theirs.order_by(col(Answer.answered_at).desc()).limit(LATEST))
    return [Answered(row.answered_at, row.csat, row.nps, row.words) for row in rows]


def _running(connection: Connection, number: int, mails: Sequence[Mail]) -> list[Running]:
    """Those with a next moment, and those that a mail of theirs keeps waiting."""
    waiting = {mail.enrolment for mail in mails if mail.settled_at is None}
    theirs = _of(Enrolment, "customer_id", number).where(col(Enrolment.verdict) == "go")
    rows = _rows(connection, theirs.where(col(Enrolment.ended).is_(None)))
    return [
        Running(row.rule, row.occasion, row.enrolled_at, row.step, row.next_at)
        for row in rows
        if row.next_at is not None or row.id in waiting
    ]


def _money(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-decimals(currency))
