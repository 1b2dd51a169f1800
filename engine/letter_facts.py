"""Gathering, for a batch of messages, what decides about them and what they are written from."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Row, and_, func, select
from sqlmodel import col

from engine.owners_file import OwnersFile
from engine.states import State
from engine.wording import reason_line, spoken_words
from mail.facts import CartFacts, CartLine, CustomerFacts, Money
from mail.gate import Case
from shop.basis import EMAIL, UNDATED
from shop.purpose import Purpose
from shop.tables import (
    Basis,
    BasisStatement,
    Cart,
    Customer,
    Enrolment,
    Message,
    Metrics,
    Order,
    OrderLine,
)
from shop.tables import CartLine as CartLineRow
from triggers.stopping import over, reason

COUNTED = (State.SENDING.value, State.SENT.value, State.REHEARSED.value)
USUAL = 3  # bought this often, a product is the customer's usual


@dataclass(frozen=True)
class Wanted:
    """One message with all that is known about its sending."""

    id: str
    rule: str
    template: str
    email: str | None
    case: Case
    customer: CustomerFacts
    customer_id: int
    cart: CartFacts | None
    words: Mapping[str, str]
    reason: str
    evidence: str


def gather(
    connection: Connection, file: OwnersFile, ids: Sequence[str], *, now: datetime
) -> list[Wanted]:
    """In the order of `ids`."""
    rows = {row.id: row for row in connection.execute(_messages(ids))}
    people = {row.customer_id for row in rows.values()}
    passed = _over(connection, file, rows.values())
    went = _received(connection, file, people, now)
    favourites = favourites_of(connection, people)
    carts = carts_of(connection, {row.cart_id for row in rows.values() if row.cart_id})
    return [
        Wanted(
            id=row.id,
            rule=row.rule,
            template=row.template,
            email=row.email,
            case=_case(file, row, passed.get(row.enrolment_id), went[row.customer_id]),
            customer=CustomerFacts(
                row.first_name, row.visits or 0, favourites.get(row.customer_id)
            ),
            customer_id=row.customer_id,
            cart=carts.get(row.cart_id),
            words=spoken_words(json.loads(row.extra), now, file.shop.zone),
            reason=reason_line(file, row.rule, said_yes(row.said_at)),
            evidence=row.evidence or row.basis or "none",
        )
        for row in (rows[one] for one in ids)
    ]


def _customer(row: Row[Any], favourites: Mapping[int, str]) -> CustomerFacts:
    return CustomerFacts(row.first_name, row.visits or 0, favourites.get(row.customer_id))


def _messages(ids: Sequence[str]) -> Any:
    theirs = and_(col(Basis.customer_id) == col(Message.customer_id), col(Basis.channel) == EMAIL)
    return (
        select(
            col(Message.id), col(Message.rule), col(Message.template), col(Message.extra),
            col(Message.purpose), col(Message.deadline), col(Message.customer_id),
            col(Message.enrolment_id), col(Enrolment.cart_id), col(Customer.email),
            col(Customer.first_name), col(Customer.timezone), col(Basis.state).label("basis"),
            col(BasisStatement.evidence), col(BasisStatement.said_at), col(Metrics.visits),
        )
        .join(Enrolment, col(Enrolment.id) == col(Message.enrolment_id))
        .join(Customer, col(Customer.id) == col(Message.customer_id))
        .outerjoin(Basis, theirs)
        .outerjoin(BasisStatement, col(BasisStatement.id) == col(Basis.statement_id))
        .outerjoin(Metrics, col(Metrics.customer_id) == col(Message.customer_id))
        .where(col(Message.id).in_(ids))
    )  # fmt: skip


def _over(connection: Connection, file: OwnersFile, rows: Iterable[Row[Any]]) -> dict[int, str]:
    """Why enrolments must go no further, by enrolment."""
    by_rule: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_rule[row.rule].append(row.enrolment_id)
    found: dict[int, str] = {}
    for name, enrolments in by_rule.items():
        if rule := file.rules.get(name):
            asked = select(col(Enrolment.id), reason(rule)).where(
                col(Enrolment.id).in_(enrolments), over(rule)
            )
            found.update((one, why) for one, why in connection.execute(asked) if one is not None)
    return found


def _received(
    connection: Connection, file: OwnersFile, people: Collection[int], now: datetime
) -> dict[int, list[datetime]]:
    went: dict[int, list[datetime]] = defaultdict(list)
    cap = file.sending.no_more_than
    if cap:
        lately = select(col(Message.customer_id), col(Message.settled_at)).where(
            col(Message.customer_id).in_(people),
            col(Message.state).in_(COUNTED),
            col(Message.settled_at) > now - cap.per.elapsed,
        )
        for customer, at in connection.execute(lately):
            if at is not None:
                went[customer].append(at)
    return went


def favourites_of(connection: Connection, people: Collection[int]) -> dict[int, str]:
    """What each of them bought most often, where that is often enough to be their usual."""
    times = func.count(col(Order.id).distinct())
    bought = (
        select(col(Order.customer_id), col(OrderLine.title), times.label("times"))
        .join(
            OrderLine,
            and_(
                col(OrderLine.source) == col(Order.source),
                col(OrderLine.order_key) == col(Order.external_id),
            ),
        )
        .where(col(Order.customer_id).in_(people), col(Order.counts).is_(True))
        .group_by(col(Order.customer_id), col(OrderLine.title))
        .having(times >= USUAL)
        .order_by(times, col(OrderLine.title).desc())
    )
    return {row.customer_id: row.title for row in connection.execute(bought)}


def carts_of(connection: Connection, ids: Collection[int]) -> dict[int, CartFacts]:
    lines = _cart_lines(connection, ids)
    carts = select(col(Cart.id), col(Cart.total), col(Cart.currency), col(Cart.url))
    return {
        row.id: CartFacts(tuple(lines[row.id]), Money(row.total, row.currency), row.url)
        for row in connection.execute(carts.where(col(Cart.id).in_(ids)))
    }


def _cart_lines(connection: Connection, ids: Collection[int]) -> dict[int, list[CartLine]]:
    of_cart = and_(
        col(CartLineRow.source) == col(Cart.source),
        col(CartLineRow.cart_key) == col(Cart.external_id),
    )
    wanted = (
        select(
            col(Cart.id), col(Cart.currency), col(CartLineRow.title), col(CartLineRow.quantity),
            col(CartLineRow.total), col(CartLineRow.picture),
        )
        .join(CartLineRow, of_cart)
        .where(col(Cart.id).in_(ids))
        .order_by(col(Cart.id), col(CartLineRow.position))
    )  # fmt: skip
    lines: dict[int, list[CartLine]] = defaultdict(list)
    for row in connection.execute(wanted):
        total = Money(row.total, row.currency)
        lines[row.id].append(CartLine(row.title, row.quantity, total, row.picture))
    return lines


def _case(file: OwnersFile, row: Row[Any], passed: str | None, received: list[datetime]) -> Case:
    return Case(
        purpose=Purpose(row.purpose),
        basis=row.basis or "none",
        has_address=row.email is not None,
        over=passed,
        deadline=row.deadline,
        zone=_zone(row.timezone) or file.shop.zone,
        received=received,
    )


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None  # a platform's own idea of a zone; the shop's clock serves


def said_yes(said_at: datetime | None) -> datetime | None:
    """When, where it is known."""
    return None if said_at == UNDATED else said_at
