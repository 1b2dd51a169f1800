"""Products and carts of customers, as mails show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select
from sqlmodel import col

from mail.render.mail_facts import CartFacts, CartLine, Money
from shop.db.binary_order import BinaryOrder
from shop.db.upsert import IN_VALUES
from shop.tables import Cart, Order, OrderLine
from shop.tables import CartLine as CartLineRow

MAX_CART_LINES = 20  # in a mail; it says how many more there are
FAVOURITE_THRESHOLD = 3  # orders with a product that make it the customer's favourite


def load_favourites(connection: Connection, customer_ids: Collection[int]) -> dict[int, str]:
    """Returns by customer id the product bought most often, if bought at least
    `FAVOURITE_THRESHOLD` times.
    """
    rows = connection.execute(_favourites_query(), {"values": list(customer_ids)})
    return {row.customer_id: row.title for row in rows}


@cache
def _favourites_query() -> Select[Any]:
    """The most frequent product of a customer comes last, so that it wins in the dictionary."""
    purchases = func.count(col(Order.id).distinct())
    of_customers = col(Order.customer_id).in_(IN_VALUES)
    return (
        select(col(Order.customer_id), col(OrderLine.title), purchases.label("times"))
        .join(
            OrderLine,
            and_(
                col(OrderLine.source) == col(Order.source),
                col(OrderLine.order_key) == col(Order.external_id),
            ),
        )
        .where(of_customers, col(Order.counts).is_(True))
        .group_by(col(Order.customer_id), col(OrderLine.title))
        .having(purchases >= FAVOURITE_THRESHOLD)
        .order_by(purchases, BinaryOrder(col(OrderLine.title)).desc())
    )


def load_carts(connection: Connection, cart_ids: Collection[int]) -> dict[int, CartFacts]:
    """Returns the carts of `cart_ids` with their lines, by id."""
    lines = _load_cart_lines(connection, cart_ids)
    return {
        row.id: _cart_facts(row, lines[row.id])
        for row in connection.execute(_carts_query(), {"values": list(cart_ids)})
    }


def _cart_facts(row: Row[Any], lines: Sequence[CartLine]) -> CartFacts:
    """The cart with its first lines; the others are counted and added up."""
    shown, others = lines[:MAX_CART_LINES], lines[MAX_CART_LINES:]
    return CartFacts(
        lines=tuple(shown),
        total=Money(row.total, row.currency),
        url=row.url,
        more=len(others),
        more_total=Money(sum(line.total.minor for line in others), row.currency)
        if others
        else None,
    )


def _load_cart_lines(
    connection: Connection, cart_ids: Collection[int]
) -> dict[int, list[CartLine]]:
    lines: dict[int, list[CartLine]] = defaultdict(list)
    for row in connection.execute(_cart_lines_query(), {"values": list(cart_ids)}):
        total = Money(row.total, row.currency)
        lines[row.id].append(CartLine(row.title, row.quantity, total, row.picture))
    return lines


@cache
def _carts_query() -> Select[Any]:
    query = select(col(Cart.id), col(Cart.total), col(Cart.currency), col(Cart.url))
    return query.where(col(Cart.id).in_(IN_VALUES))


@cache
def _cart_lines_query() -> Select[Any]:
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
        .where(col(Cart.id).in_(IN_VALUES), col(CartLineRow.quantity) > 0)
        .order_by(col(Cart.id), col(CartLineRow.position))
    )  # fmt: skip
