"""Matches purchases of a file to stored orders that have other keys: pure functions.

A file changes its shape when a column of order numbers is added or removed, and when a spreadsheet
drops the times of day. All purchases and orders here are of one customer and one day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from connectors.csv.orders.stored_orders import StoredOrder
from connectors.csv.record_keys import minute_part


class MatchKind(Enum):
    """What a purchase of a file is to a stored order."""

    SAME = auto()
    PART = auto()  # one of several rows of it
    UNDECIDED = auto()  # a part of one, or a new purchase


@dataclass(frozen=True)
class Match:
    """What is known about a purchase; `order` is the stored one, if it is decided which."""

    kind: MatchKind
    order: StoredOrder | None = None


@dataclass(frozen=True)
class Purchase:
    """A row, or a whole order of several `lines`, under whose own key nothing is stored."""

    lines: tuple[int, ...]
    has_number: bool
    placed_at: datetime
    total: int
    is_date_only: bool


@dataclass(frozen=True)
class Basket:
    """What one customer bought on one day, in a file and by what is stored under other keys.

    `rows` are single rows, `orders` those of the file with all their rows. `parts_are_possible`
    where the file has no numbers at all; `is_of_nobody` where no customer is named.
    """

    rows: Sequence[Purchase]
    orders: Sequence[Purchase]
    stored: Sequence[StoredOrder]
    date_only_keys: frozenset[str]  # of the stored orders without a time of day
    parts_are_possible: bool
    is_of_nobody: bool


def match_basket(basket: Basket) -> dict[int, Match]:
    """Return by first line what the purchases of `basket` are; new ones are left out.

    1. A row is the stored order of the same minute and total; numbered rows are matched to orders
       without a number only.
    2. It is the one of the same total, if either of them has no time of day.
    3. A whole order is the stored one of the same minute and total.
    4. Of a file without numbers, rows that add up to a stored order are its parts.
    5. While stored orders are left, such a row may be a part of one: undecided.
    """
    matcher = _Matcher(basket)
    matcher.pair(basket.rows, lambda purchase: (minute_part(purchase.placed_at), purchase.total),
                 lambda order: (minute_part(order.placed_at), order.total))  # fmt: skip
    matcher.pair(basket.rows, lambda purchase: (purchase.is_date_only, purchase.total),
                 lambda order: (order.key not in basket.date_only_keys, order.total))  # fmt: skip
    whole = [order for order in basket.orders if not matcher.matches.keys() & set(order.lines)]
    matcher.pair(whole, lambda purchase: (minute_part(purchase.placed_at), purchase.total),
                 lambda order: (minute_part(order.placed_at), order.total))  # fmt: skip
    if basket.parts_are_possible:
        matcher.find_parts()
    return matcher.matches


class _Matcher:
    def __init__(self, basket: Basket) -> None:
        self.basket = basket
        self.matches: dict[int, Match] = {}
        self.left = {order.key: order for order in basket.stored}

    def pair(
        self,
        purchases: Iterable[Purchase],
        purchase_key: Callable[[Purchase], Hashable],
        order_key: Callable[[StoredOrder], Hashable],
    ) -> None:
        """Match what has equal keys, the first purchase to the first order."""
        for has_number in (True, False):
            orders: defaultdict[Hashable, list[StoredOrder]] = defaultdict(list)
            for order in self.left.values():
                if not (has_number and order.has_number):
                    orders[order_key(order)].append(order)
            for purchase in purchases:
                if purchase.has_number is not has_number or purchase.lines[0] in self.matches:
                    continue
                if candidates := orders[purchase_key(purchase)]:
                    order = candidates.pop(0)
                    del self.left[order.key]
                    self.matches[purchase.lines[0]] = Match(MatchKind.SAME, order)

    def find_parts(self) -> None:
        rows = [row for row in self.basket.rows if row.lines[0] not in self.matches]
        numbered = [order for order in self.basket.stored if order.has_number]
        rows = self._find_repeated_totals(rows, numbered)
        left = [order for order in numbered if order.key in self.left]
        undecided = []
        for order in left:
            run = _run_with_sum(rows, order.total)
            if not run:
                undecided.append(order)
            for row in run:
                self.matches[row.lines[0]] = Match(MatchKind.PART, order)
            rows = [row for row in rows if row.lines[0] not in self.matches]
        largest = max((order.total for order in undecided), default=-1)
        for row in rows:
            if row.total <= largest:
                self.matches[row.lines[0]] = Match(MatchKind.UNDECIDED)

    def _find_repeated_totals(
        self, rows: Sequence[Purchase], numbered: Sequence[StoredOrder]
    ) -> list[Purchase]:
        """An order's total may stand on each of its rows. Return the other rows."""
        others = []
        for row in rows:
            orders = [order for order in numbered if self._may_be_same(row, order)]
            is_certain = not (self.basket.is_of_nobody or row.is_date_only)
            self._keep(orders)
            if orders and is_certain:
                self.matches[row.lines[0]] = Match(MatchKind.PART, orders[0])
            elif orders:
                self.matches[row.lines[0]] = Match(MatchKind.UNDECIDED)
            else:
                others.append(row)
        return others

    def _keep(self, orders: Sequence[StoredOrder]) -> None:
        """A row that is not alone does not stand for the whole of one of these `orders`."""
        keys = {order.key for order in orders}
        for line, match in self.matches.items():
            if match.order and match.order.key in keys:
                self.matches[line] = Match(MatchKind.PART, match.order)

    def _may_be_same(self, row: Purchase, order: StoredOrder) -> bool:
        is_date_only = row.is_date_only or order.key in self.basket.date_only_keys
        same_time = is_date_only or minute_part(row.placed_at) == minute_part(order.placed_at)
        return same_time and row.total == order.total


def _run_with_sum(rows: Sequence[Purchase], total: int) -> Sequence[Purchase]:
    """Return the first rows, at least two and next to each other, that add up to `total`."""
    first_index: dict[int, int] = {}  # by the sum of all rows before it
    before = 0
    for index, row in enumerate(rows):
        first_index.setdefault(before, index)
        before += row.total
        start = first_index.get(before - total)
        if start is not None and start < index:
            return rows[start : index + 1]
    return ()
