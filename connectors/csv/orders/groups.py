"""Groups the rows of one order number into orders and refunds: pure functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from connectors.csv.config import TotalIsOf
from connectors.csv.orders.row import OrderRow
from connectors.csv.orders.words import OrderStatus

SEVERAL_CUSTOMERS = "The rows of this order name several customers."
SEVERAL_CURRENCIES = "The rows of this order are in several currencies."
SEVERAL_TOTALS = "The rows of this order have several totals, and its total is of: the order."
NO_TOTAL = "There is no total."
UNDATED = ""
# Statuses of money that came, the one that decides first.
PURCHASES = (OrderStatus.PAID, OrderStatus.PARTLY_REFUNDED, OrderStatus.REFUNDED)
# Statuses that may arrive on a later day than the purchase.
LATER_STATUSES = (OrderStatus.REFUNDED, OrderStatus.PARTLY_REFUNDED, OrderStatus.CANCELLED)


@dataclass(frozen=True)
class TotalRule:
    """How totals are read; `stated` where the owner's file says it."""

    total_is_of: TotalIsOf
    stated: bool = False


@dataclass(frozen=True)
class CsvRefund:
    """Money given back; `number` is that of its order, or one of its own."""

    key: str
    row: OrderRow
    amount: int

    @property
    def number(self) -> str | None:
        return self.row.number


@dataclass(frozen=True)
class CsvOrder:
    """One order; `number` is None where its `key` says who bought, when and for how much."""

    key: str
    rows: Sequence[OrderRow]
    number: str | None = None
    day: str | None = None
    number_recurs: bool = False  # on another day, in another order
    total: int = 0
    refunded: int = 0  # as statuses and the column of refunds say
    counts: bool = True
    awaits_payment: bool = False
    sum_of_rows: int | None = None  # where `total` is one row's, and that was not stated
    refunds: Sequence[CsvRefund] = ()
    errors: tuple[str, ...] = ()

    @property
    def is_no_sale(self) -> bool:
        """Whether its rows are of another kind: fees, transfers, conversions."""
        return all(row.status is OrderStatus.NO_SALE for row in self.rows)

    @property
    def buyer(self) -> str | None:
        """Who bought; None where no row, or where rows say different people."""
        buyers = {row.buyer for row in self.rows if row.buyer}
        return buyers.pop() if len(buyers) == 1 else None


# How long after the rows of one day those of the next may still be of the same order.
MAX_NIGHT = timedelta(hours=6)

KeyedRow = tuple[OrderRow, str]  # with the key that it has without a number


def group_rows(keyed_rows: Sequence[KeyedRow], rule: TotalRule) -> Iterator[CsvOrder | CsvRefund]:
    """Yield the orders and refunds in the rows of one number, or in one row without a number.

    Numbers may begin again each day: rows of another day are another order. A refund belongs to
    the latest order of its number before it; without one it is yielded by itself. Fees and the
    like of an order are left out of it.
    """
    sales = [keyed for keyed in keyed_rows if keyed[0].status is not OrderStatus.NO_SALE]
    keyed_rows = sales or keyed_rows
    bought = [row for row, _ in keyed_rows if not row.is_refund]
    orders = list(_orders_of(bought, keyed_rows[0][1], rule)) if bought else []
    refunds: defaultdict[int, list[CsvRefund]] = defaultdict(list)
    for row, key in keyed_rows:
        if row.is_refund:
            refund = CsvRefund(f"refund/{key}", row, -(row.total or 0))
            refunds[_place_of_order(orders, row)].append(refund)
    for place, order in enumerate(orders):
        yield _with_refunds(order, refunds[place])
    yield from refunds[-1]


def without_no_sales(records: Iterable[Any]) -> Iterator[Any]:
    """Yield the `records` of any file but those of an order file that are no sales."""
    return (
        record for record in records if not (isinstance(record, CsvOrder) and record.is_no_sale)
    )


def _with_refunds(order: CsvOrder, refunds: Sequence[CsvRefund]) -> CsvOrder:
    """Return `order` with its `refunds`; what a status says is given back is not counted again."""
    errors = tuple(dict.fromkeys(error for refund in refunds for error in refund.row.errors))
    given_back = sum(refund.amount for refund in refunds)
    return replace(
        order,
        refunds=tuple(refunds),
        refunded=max(0, order.refunded - given_back),
        errors=(*order.errors, *errors),
    )


def _place_of_order(orders: Sequence[CsvOrder], refund: OrderRow) -> int:
    """Return the index of the latest order that `refund` may be of, or -1."""
    places = [
        place
        for place, order in enumerate(orders)
        if (refund.buyer is None or order.buyer in (None, refund.buyer))
        and (order.day or "") <= (refund.day or "")
    ]
    return max(places, key=lambda place: orders[place].day or "", default=-1)


def _orders_of(rows: Sequence[OrderRow], key: str, rule: TotalRule) -> Iterator[CsvOrder]:
    number = rows[0].number
    if len(rows) == 1:
        yield build_order(number or key, rows, number, rows[0].day or UNDATED, False, rule)
        return
    days: defaultdict[str, list[OrderRow]] = defaultdict(list)
    for row in rows:
        days[row.day or UNDATED].append(row)
    undated = days.pop(UNDATED, [])
    _join_nights(days)
    _move_later_statuses(days, rule)
    if len(days) == 1:
        next(iter(days.values())).extend(undated)  # its total would be incomplete without them
    elif undated:
        days[UNDATED] = undated
    for day, rows_of_day in days.items():
        yield build_order(number or key, rows_of_day, number, day, len(days) > 1, rule)


def _join_nights(days: defaultdict[str, list[OrderRow]]) -> None:
    """Move rows of an order that runs past midnight to the day on which it began."""
    began: str | None = None
    for day in sorted(days):
        if began is not None and _is_same_night(days[began], days[day]):
            days[began].extend(days.pop(day))
        else:
            began = day


def _is_same_night(earlier: Sequence[OrderRow], later: Sequence[OrderRow]) -> bool:
    buyers = {row.buyer for row in (*earlier, *later)}
    if len(buyers) > 1 or None in buyers:
        return False
    end = max(row.placed_at for row in earlier if row.placed_at)
    last = max(row.placed_at for row in later if row.placed_at)
    return last - end <= MAX_NIGHT


def _move_later_statuses(days: defaultdict[str, list[OrderRow]], rule: TotalRule) -> None:
    """Move rows that only say what became of an order to the day on which it was placed."""
    for day in sorted(days):
        rows = days[day]
        if not all(row.status in LATER_STATUSES for row in rows):
            continue
        placed = [other for other in days if other < day and _may_become(days[other], rows, rule)]
        if placed:
            days[max(placed)].extend(days.pop(day))


def _may_become(placed: Sequence[OrderRow], later: Sequence[OrderRow], rule: TotalRule) -> bool:
    same_buyer = len({row.buyer for row in (*placed, *later) if row.buyer}) <= 1
    total, amount = _amount(placed, rule), _amount(later, rule)
    cancelled = any(row.status is OrderStatus.CANCELLED for row in later)
    return same_buyer and (amount == total if cancelled else amount <= total)


def build_order(
    key: str,
    rows: Sequence[OrderRow],
    number: str | None,
    day: str,
    number_recurs: bool,
    rule: TotalRule,
) -> CsvOrder:
    """Return the order that all `rows` are of, or with errors where they contradict each other."""
    errors = list(dict.fromkeys(error for row in rows for error in row.errors))
    errors += [SEVERAL_CUSTOMERS] if len({row.buyer for row in rows if row.buyer}) > 1 else []
    errors += [SEVERAL_CURRENCIES] if len({row.currency for row in rows}) > 1 else []
    settled = None if errors else settle(rows, rule)
    if isinstance(settled, str):
        errors.append(settled)
    if errors or settled is None or isinstance(settled, str):
        return CsvOrder(key, rows, number, day, number_recurs, errors=tuple(errors))
    return CsvOrder(
        key, rows, number, day, number_recurs, settled.total, settled.refunded, settled.counts,
        settled.awaits_payment, _unstated_sum(rows, rule),
    )  # fmt: skip


def _unstated_sum(rows: Sequence[OrderRow], rule: TotalRule) -> int | None:
    """Return the sum of equal totals that are taken for the order's, though nothing says it."""
    totals = [row.total for row in rows if row.total is not None and row.status is None]
    is_ambiguous = len(totals) == len(rows) > 1 and len(set(totals)) == 1
    if rule.stated or rule.total_is_of is TotalIsOf.LINE or not is_ambiguous:
        return None
    return sum(totals)


@dataclass(frozen=True)
class Settled:
    """What an order came to."""

    total: int
    refunded: int
    counts: bool
    awaits_payment: bool = False


def settle(rows: Sequence[OrderRow], rule: TotalRule) -> Settled | str:
    """Return what the rows of one order come to, or why that cannot be said.

    1. The rows of the best status are the purchase: paid, else partly refunded, else refunded.
       Rows that say that it is not paid count only where no row says that it is.
    2. Beside paid rows, a refunded one is money given back, up to the total.
    3. The order counts unless it was never paid, was cancelled, has an unknown status, or is empty.
    4. It awaits payment if a row says so, none says that money came, and it was not cancelled.
    """
    by_status = _rows_by_status(rows)
    purchase = next((status for status in PURCHASES if by_status[status]), None)
    bought = by_status[purchase] if purchase else rows
    total = order_total(bought, rule)
    if isinstance(total, str):
        return total
    cancelled = by_status[OrderStatus.CANCELLED]
    is_cancelled = bool(cancelled) and _amount(cancelled, rule) >= total
    is_empty = total == 0 and not any(row.product and row.quantity for row in bought)
    is_known = not by_status[OrderStatus.UNKNOWN]
    is_real = is_known and not is_cancelled and not is_empty
    given_back = min(_given_back(by_status, purchase, total, rule), total)
    awaits_payment = purchase is None and bool(by_status[OrderStatus.AWAITS_PAYMENT])
    return Settled(
        total,
        given_back,
        counts=purchase is not None and is_real,
        awaits_payment=awaits_payment and is_real,
    )


def _given_back(
    by_status: Mapping[OrderStatus, Sequence[OrderRow]],
    purchase: OrderStatus | None,
    total: int,
    rule: TotalRule,
) -> int:
    if purchase is OrderStatus.REFUNDED:
        return total
    stated = max((row.refunded for rows in by_status.values() for row in rows), default=0)
    if stated or purchase is not OrderStatus.PAID:
        return stated
    partly = _amount(by_status[OrderStatus.PARTLY_REFUNDED], rule)
    # An equal amount is the order's own, told once more with its later status.
    return _amount(by_status[OrderStatus.REFUNDED], rule) + (partly if partly < total else 0)


def _rows_by_status(rows: Iterable[OrderRow]) -> defaultdict[OrderStatus, list[OrderRow]]:
    by_status: defaultdict[OrderStatus, list[OrderRow]] = defaultdict(list)
    for row in rows:
        by_status[row.status or OrderStatus.PAID].append(row)
    return by_status


def _amount(rows: Sequence[OrderRow], rule: TotalRule) -> int:
    total = order_total(rows, rule) if rows else 0
    return total if isinstance(total, int) else 0


def order_total(rows: Sequence[OrderRow], rule: TotalRule) -> int | str:
    """Return the total of `rows`, or why there is none; a total on every row alike is the order's.

    Rows after the first may omit theirs.
    """
    totals = [row.total for row in rows if row.total is not None]
    if not totals:
        return NO_TOTAL
    if rule.total_is_of is TotalIsOf.LINE:
        return sum(totals)
    if len(set(totals)) == 1:
        return totals[0]
    return SEVERAL_TOTALS if rule.stated else sum(totals)
