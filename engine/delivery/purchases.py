"""What customers bought and left in carts, as their letters tell of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select
from sqlmodel import col

from mail.render.facts import CartFacts, CartLine, Money
from shop.db.upsert import SOME
from shop.tables import Cart, Order, OrderLine
from shop.tables import CartLine as CartLineRow

USUAL = 3  # bought this often, a product is the customer's usual


def favourites_of(connection: Connection, people: Collection[int]) -> dict[int, str]:
    """What each of them bought most often, where that is often enough to be their usual."""
    bought = connection.execute(_bought(), {"some": list(people)})
    return {row.customer_id: row.title for row in bought}


@cache
def _bought() -> Select[Any]:
    """What somebody bought most often comes last."""
    times = func.count(col(Order.id).distinct())
    theirs = col(Order.customer_id).in_(SOME)
    return (
        select(col(Order.customer_id), col(OrderLine.title), times.label("times"))
        .join(
            OrderLine,
            and_(
                col(OrderLine.source) == col(Order.source),
                col(OrderLine.order_key) == col(Order.external_id),
            ),
        )
        .where(theirs, col(Order.counts).is_(True))
        .group_by(col(Order.customer_id), col(OrderLine.title))
        .having(times >= USUAL)
        .order_by(times, col(OrderLine.title).desc())
    )


def carts_of(connection: Connection, ids: Collection[int]) -> dict[int, CartFacts]:
    lines = _cart_lines(connection, ids)
    return {
        row.id: CartFacts(tuple(lines[row.id]), Money(row.total, row.currency), row.url)
        for row in connection.execute(_carts(), {"some": list(ids)})
    }


def _cart_lines(connection: Connection, ids: Collection[int]) -> dict[int, list[CartLine]]:
    lines: dict[int, list[CartLine]] = defaultdict(list)
    for row in connection.execute(_lines(), {"some": list(ids)}):
        total = Money(row.total, row.currency)
        lines[row.id].append(CartLine(row.title, row.quantity, total, row.picture))
    return lines


@cache
def _carts() -> Select[Any]:
    carts = select(col(Cart.id), col(Cart.total), col(Cart.currency), col(Cart.url))
    return carts.where(col(Cart.id).in_(SOME))


@cache
def _lines() -> Select[Any]:
    of_cart = and_(
        col(CartLineRow.source) == col(Cart.source),
        col(CartLineRow.cart_key) == col(Cart.external_id),
    )
    return (
        select(
            col(Cart.id), col(Cart.currency), col(CartLineRow.title), col(CartLineRow.quantity),
            col(CartLineRow.total), col(CartLineRow.picture),
        )
        .join(CartLineRow, of_cart)
        .where(col(Cart.id).in_(SOME))
        .order_by(col(Cart.id), col(CartLineRow.position))
    )  # fmt: skip
