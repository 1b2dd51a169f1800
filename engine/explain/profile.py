"""Everything stored about one customer, with its sources. Read-only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.explain.basis import BasisExplanation, explain_basis
from engine.explain.find_customer import CustomerSummary, find_customer
from engine.explain.mails import load_mails
from engine.explain.model import Mail
from shop.db.upsert import table_of
from shop.identity.custom_fields import load_custom_fields, load_fields_by_record
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
from shop.types.person_name import full_name

MAX_SHOWN = 20  # carts, answers, enrolments and mails


@dataclass(frozen=True)
class SourceRecord:
    """The customer as one source knows them."""

    source: str
    id: str
    name: str | None
    email: str | None
    phone: str | None
    birthday: str | None
    language: str | None
    timezone: str | None
    tags: Sequence[str]
    custom_fields: Mapping[str, str]  # the owner's own columns, by name
    joined_at: datetime | None


@dataclass(frozen=True)
class SuppressionRecord:
    """Why no mail goes to their address, or did not until it was lifted."""

    address: str
    reason: str
    detail: str | None
    since: datetime
    lifted_at: datetime | None
    lifted_because: str | None


@dataclass(frozen=True)
class Purchases:
    """Totals of their orders, as of the last run."""

    visits: int
    orders: int
    spent: Decimal
    currency: str
    first_visit_at: datetime | None
    last_visit_at: datetime | None
    expected_back_at: datetime | None


@dataclass(frozen=True)
class OpenLot:
    """Points that were earned together and expire together."""

    remaining: int
    earned_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True)
class OpenCart:
    """A cart in the online shop that was not bought."""

    source: str
    id: str
    left_at: datetime
    total: Decimal
    currency: str


@dataclass(frozen=True)
class SurveyAnswer:
    """A survey answer."""

    at: datetime
    csat: int | None
    nps: int | None
    words: str | None


@dataclass(frozen=True)
class RunningRule:
    """A rule that has enrolled them and has not ended."""

    rule: str
    occasion: str
    began_at: datetime
    step: str
    next_at: datetime | None


@dataclass(frozen=True)
class CustomerProfile:
    """Everything stored about one customer."""

    customer: CustomerSummary
    language: str | None
    timezone: str | None
    birthday: str | None
    joined_at: datetime | None
    custom_fields: Mapping[str, str]  # the owner's own columns: the values that decide
    identities: Sequence[SourceRecord]
    basis: BasisExplanation
    suppression: SuppressionRecord | None
    bought: Purchases | None  # None without orders that count
    points: int
    lots: Sequence[OpenLot]
    carts: Sequence[OpenCart]
    answers: Sequence[SurveyAnswer]
    running: Sequence[RunningRule]
    mails: Sequence[Mail]  # oldest first
    mails_left_out: int


def load_profile(
    connection: Connection, config: OwnerConfig, identifier: str, *, now: datetime
) -> CustomerProfile:
    """Load the profile of the customer that `identifier` matches.

    Raises `WrongUsageError` where there is no such customer or more than one.
    """
    customer = find_customer(connection, identifier, config.shop.country)
    number, mails = customer.number, load_mails(connection, customer.number)
    customer_row = _fetch_all(connection, _select_where(Customer, "id", number))[0]
    return CustomerProfile(
        customer=customer,
        language=customer_row.language,
        timezone=customer_row.timezone,
        birthday=customer_row.birthday,
        joined_at=customer_row.joined_at,
        custom_fields=load_custom_fields(connection, {number}).get(number, {}),
        identities=_load_identities(connection, number),
        basis=explain_basis(connection, config, number, now=now),
        suppression=_load_suppression(connection, customer_row.email_key),
        bought=load_purchases(connection, number, config.shop.currency),
        points=_load_balance(connection, number),
        lots=_load_lots(connection, number),
        carts=_load_carts(connection, number),
        answers=_load_answers(connection, number),
        running=_load_running(connection, number, mails),
        mails=mails[-MAX_SHOWN:],
        mails_left_out=max(0, len(mails) - MAX_SHOWN),
    )


def _select_where(model: Any, column: str, value: Any) -> Select[Any]:
    table = table_of(model)
    return select(table).where(table.c[column] == value)


def _fetch_all(connection: Connection, query: Select[Any]) -> Sequence[Row[Any]]:
    return connection.execute(query).all()


def _load_identities(connection: Connection, number: int) -> list[SourceRecord]:
    query = _select_where(Identity, "customer_id", number)
    rows = _fetch_all(connection, query.order_by(col(Identity.source), col(Identity.external_id)))
    fields_by_record = load_fields_by_record(connection, number)
    return [
        SourceRecord(
            source=row.source,
            id=row.external_id,
            name=full_name(row.first_name, row.last_name) or None,
            email=row.email,
            phone=row.phone,
            birthday=row.birthday or None,
            language=row.language,
            timezone=row.timezone,
            tags=[str(tag) for tag in json.loads(row.tags)],
            custom_fields=fields_by_record.get((row.source, row.external_id), {}),
            joined_at=row.joined_at,
        )
        for row in rows
    ]


def _load_suppression(connection: Connection, address: str | None) -> SuppressionRecord | None:
    rows = _fetch_all(connection, _select_where(Suppression, "address", address)) if address else []
    names = [column.name for column in fields(SuppressionRecord)]
    return SuppressionRecord(*(getattr(rows[0], name) for name in names)) if rows else None


def load_purchases(connection: Connection, number: int, currency: str) -> Purchases | None:
    """Load the totals of the customer `number`, in the shop's `currency`; None without orders."""
    for row in _fetch_all(connection, _select_where(Metrics, "customer_id", number)):
        return Purchases(
            visits=row.visits,
            orders=row.orders,
            spent=_to_decimal(row.spent, currency),
            currency=currency,
            first_visit_at=row.first_visit_at,
            last_visit_at=row.last_visit_at,
            expected_back_at=row.expected_back_at,
        )
    return None


def _load_balance(connection: Connection, number: int) -> int:
    rows = _fetch_all(connection, _select_where(PointsBalance, "customer_id", number))
    return rows[0].balance if rows else 0


def _load_lots(connection: Connection, number: int) -> list[OpenLot]:
    query = _select_where(PointsLot, "customer_id", number).where(col(PointsLot.left) > 0)
    rows = _fetch_all(connection, query.order_by(col(PointsLot.earned_at)))
    return [OpenLot(row.left, row.earned_at, row.expires_at) for row in rows]


def _load_carts(connection: Connection, number: int) -> list[OpenCart]:
    query = _select_where(Cart, "customer_id", number).where(col(Cart.converted_at).is_(None))
    rows = _fetch_all(connection, query.order_by(col(Cart.left_at).desc()).limit(MAX_SHOWN))
    return [
        OpenCart(
            row.source,
            row.external_id,
            row.left_at,
            _to_decimal(row.total, row.currency),
            row.currency,
        )
        for row in rows
    ]


def _load_answers(connection: Connection, number: int) -> list[SurveyAnswer]:
    query = _select_where(Answer, "customer_id", number)
    rows = _fetch_all(connection, query.order_by(col(Answer.answered_at).desc()).limit(MAX_SHOWN))
    return [SurveyAnswer(row.answered_at, row.csat, row.nps, row.words) for row in rows]


def _load_running(connection: Connection, number: int, mails: Sequence[Mail]) -> list[RunningRule]:
    """Enrolments with a next time, and those that wait for one of their mails."""
    waiting_enrolments = {mail.enrolment for mail in mails if mail.settled_at is None}
    query = _select_where(Enrolment, "customer_id", number).where(col(Enrolment.verdict) == "go")
    rows = _fetch_all(connection, query.where(col(Enrolment.ended).is_(None)))
    return [
        RunningRule(row.rule, row.occasion, row.enrolled_at, row.step, row.next_at)
        for row in rows
        if row.next_at is not None or row.id in waiting_enrolments
    ]


def _to_decimal(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-decimals(currency))
