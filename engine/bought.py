"""What customers bought and left in carts, as their letters tell of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection, and_, func, select
from sqlmodel import col

from mail.facts import CartFacts, CartLine, Money
from shop.tables import Cart, Order, OrderLine
from shop.tables import CartLine as CartLineRow

USUAL = 3  # bought this often, a product is the customer's usual


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
