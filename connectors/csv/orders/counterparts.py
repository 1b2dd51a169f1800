"""Finds stored orders and refunds that a page of a file knows by other keys.

The keys differ where a column of order numbers was added to the file or to config.yaml, or removed,
and where a spreadsheet dropped the times of day. Only records whose own key is not stored are
looked for: a file that is read again as before costs nothing here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connectors.csv.orders.baskets import Basket, Match, MatchKind, Purchase, match_basket
from connectors.csv.orders.groups import MAX_NIGHT, CsvOrder
from connectors.csv.orders.index import IndexedRow, OrderIndex
from connectors.csv.orders.row import basket_name
from connectors.csv.orders.stored_orders import (
    Buyer,
    StoredOrder,
    dated_key,
    keys_of_numbers,
    load_orders,
    load_orders_between,
)
from connectors.csv.record_keys import customer_part
from connectors.csv.rows import CsvFormat
from shop.db.upsert import Row

BasketKey = tuple[str, str]  # customer ("" for none) and day


@dataclass
class PageBasket:
    """What one customer bought on one day: a page's rows and orders without a stored key."""

    owner: Buyer
    orders: list[Purchase] = field(default_factory=list)  # with all their rows
    in_index: set[str] = field(default_factory=set)  # see `OrderRow.basket`


def find_counterparts(
    connection: Connection,
    unknown: Sequence[tuple[CsvOrder, Row]],
    index: OrderIndex,
    csv_format: CsvFormat,
) -> dict[int, Match]:
    """Return by line what rows, and orders by their first line, are to stored orders.

    `unknown` are the orders of a page whose own keys are not stored, with their rows. Rows of
    other pages are taken into account, so that each stored order is matched once.
    """
    baskets = _baskets_of_page(unknown, csv_format)
    if not baskets:
        return {}
    stored = _load_stored(connection, baskets, csv_format)
    if not stored:
        return {}
    peers = index.purchases_of({name for basket in baskets.values() for name in basket.in_index})
    settled = _stored_keys(connection, [row for rows in peers.values() for row in rows], csv_format)
    has_numbers = index.has_numbers()
    matches: dict[int, Match] = {}
    for key, basket in baskets.items():
        rows = [row for name in sorted(basket.in_index) for row in peers[name]]
        taken = {settled[row.line] for row in rows if row.line in settled}
        left = [order for order in stored.get(key, ()) if order.key not in taken]
        if left:
            unsettled = [row for row in rows if row.line not in settled]
            matches |= match_basket(
                _basket(key, basket, unsettled, left, csv_format.zone, not has_numbers)
            )
    if not has_numbers:
        matches |= _undecided(unknown, matches, stored, csv_format)
    return matches


def _undecided(
    unknown: Iterable[tuple[CsvOrder, Row]],
    matches: Mapping[int, Match],
    stored: Mapping[BasketKey, list[StoredOrder]],
    csv_format: CsvFormat,
) -> dict[int, Match]:
    """Return the other rows without a number that may be of an order with one.

    Rows after an order's first may leave its customer out, or stand on the day after its night.
    """
    same = {match.order.key for match in matches.values()
            if match.kind is MatchKind.SAME and match.order}  # fmt: skip
    numbered = [order for orders in stored.values() for order in orders if order.has_number]
    days = {order.day(csv_format.zone) for order in numbered}
    nights = defaultdict(list)
    for order in numbered:
        if order.key not in same:
            nights[customer_part(order.buyer[1])].append(order.placed_at)
    undecided = {}
    for purchase, row in unknown:
        buyer, placed_at = customer_part(row["customer_key"]), row["placed_at"]
        line = purchase.rows[0].line
        is_of_nobody = not buyer and purchase.day in days
        is_of_night = bool(buyer) and any(
            began < placed_at <= began + MAX_NIGHT for began in nights[buyer]
        )
        if line not in matches and (is_of_nobody or is_of_night):
            undecided[line] = Match(MatchKind.UNDECIDED)
    return undecided


def _baskets_of_page(
    unknown: Iterable[tuple[CsvOrder, Row]], csv_format: CsvFormat
) -> dict[BasketKey, PageBasket]:
    baskets: dict[BasketKey, PageBasket] = {}

    def basket_of(owner: Buyer, day: str) -> PageBasket:
        return baskets.setdefault((customer_part(owner[1]), day), PageBasket(owner))

    for order, order_row in unknown:
        owner = (order_row["customer_source"], order_row["customer_key"])
        for row in order.rows:
            if row.total is not None and row.basket and row.day:
                nobody = (csv_format.source, None)
                basket = basket_of(owner if row.names_customer else nobody, row.day)
                basket.in_index.add(row.basket)
        placed_at: datetime = order_row["placed_at"]
        if order.number and order.day:
            basket_of(owner, order.day).orders.append(
                Purchase(
                    tuple(row.line for row in order.rows), True, placed_at, order.total,
                    is_midnight(placed_at, csv_format.zone),
                )
            )  # fmt: skip
        elif (day_before := _day_of(placed_at - MAX_NIGHT, csv_format.zone)) != order.day:
            basket = basket_of(owner, day_before)
            basket.in_index.add(basket_name(order.buyer, day_before))
    return baskets


def _load_stored(
    connection: Connection, baskets: Mapping[BasketKey, PageBasket], csv_format: CsvFormat
) -> Mapping[BasketKey, list[StoredOrder]]:
    """Return the orders that are stored for the customers and days of `baskets`, by basket.

    On days with rows of nobody they are those of all customers.
    """
    zone = csv_format.zone
    days = [day for _, day in baskets]
    owners = {basket.owner for basket in baskets.values()}
    start = datetime.combine(date.fromisoformat(min(days)), time(), zone)
    end = datetime.combine(date.fromisoformat(max(days)) + timedelta(days=1), time(), zone)
    by_basket: defaultdict[BasketKey, dict[str, StoredOrder]] = defaultdict(dict)
    for order in load_orders_between(connection, csv_format.source, owners, start, end):
        by_basket[customer_part(order.buyer[1]), order.day(zone)][order.key] = order
    return {
        key: sorted(orders.values(), key=lambda order: (order.placed_at, order.key))
        for key, orders in by_basket.items()
    }


def _stored_keys(
    connection: Connection, rows: Sequence[IndexedRow], csv_format: CsvFormat
) -> dict[int, str]:
    """Return by line the key under which a row, or the order of its number, is stored."""
    keys_of = {row.line: _own_keys(row, csv_format.zone) for row in rows}
    possible = {key for keys in keys_of.values() for key in keys}
    stored = load_orders(connection, csv_format.source, possible)
    stored_keys = {
        line: next((key for key in keys if key in stored), None) for line, keys in keys_of.items()
    }
    return {line: key for line, key in stored_keys.items() if key}


def _own_keys(row: IndexedRow, zone: ZoneInfo) -> list[str]:
    if row.key or not row.number:
        return [row.key or ""]
    dated = dated_key(row.number, _day_of(row.placed_at, zone))
    return [dated, *sorted(keys_of_numbers([row.number], padded=False))]


def _basket(
    key: BasketKey,
    basket: PageBasket,
    rows: Iterable[IndexedRow],
    stored: Sequence[StoredOrder],
    zone: ZoneInfo,
    parts_are_possible: bool,
) -> Basket:
    purchases = [
        Purchase((row.line,), row.number is not None, row.placed_at, row.total,
                 is_midnight(row.placed_at, zone))
        for row in rows
    ]  # fmt: skip
    date_only = {order.key for order in stored if is_midnight(order.placed_at, zone)}
    return Basket(
        rows=purchases,
        orders=basket.orders,
        stored=stored,
        date_only_keys=frozenset(date_only),
        parts_are_possible=parts_are_possible,
        is_of_nobody=key[0] == "",
    )


def _day_of(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat()


def is_midnight(moment: datetime, zone: ZoneInfo) -> bool:
    """Return whether `moment` has no time of day in the shop's zone."""
    return moment.astimezone(zone).time() == time()
