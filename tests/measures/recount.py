"""Visits and days counted from the orders in plain Python, to compare the tables with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import col

from shop.tables import Metrics, Order, Refund, ShopDay, ShopDayChange, VisitDay
from tests.cafe import Cafe

DayKey = tuple[int, date]  # customer, day
Sums = tuple[int, int, int, int]  # visits, first visits, orders, spent


@dataclass
class Recount:
    """What the tables of days should hold. Days without a visit are left out."""

    visits: dict[DayKey, tuple[int, int]] = field(default_factory=dict)  # orders, spent
    days: dict[date, Sums] = field(default_factory=dict)
    metrics: dict[int, tuple[int, int, int]] = field(default_factory=dict)  # visits, orders, spent


def recount(cafe: Cafe, zone: ZoneInfo, currency: str = "EUR") -> Recount:
    """Counts from the orders and refunds of the shop, with days of `zone`."""
    refunds: dict[tuple[str, str], int] = defaultdict(int)
    for source, key, total in cafe.select_all(
        col(Refund.source), col(Refund.order_key), col(Refund.total)
    ):
        refunds[source, key] += total
    by_visit: dict[DayKey, list[int]] = defaultdict(list)
    for row in cafe.select_all(
        col(Order.customer_id), col(Order.placed_at), col(Order.total), col(Order.currency),
        col(Order.counts), col(Order.source), col(Order.external_id),
    ):  # fmt: skip
        customer, placed_at, total, order_currency, counts, source, key = row
        if counts and customer is not None:
            net = max(0, total - refunds[source, key]) if order_currency == currency else 0
            by_visit[customer, local_date(placed_at, zone)].append(net)
    visits = {key: (len(amounts), sum(amounts)) for key, amounts in by_visit.items()}
    return Recount(visits, _days(visits), _metrics(visits))


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _days(visits: dict[DayKey, tuple[int, int]]) -> dict[date, Sums]:
    first_days: dict[int, date] = {}
    for customer, day in visits:
        first_days[customer] = min(day, first_days.get(customer, day))
    sums: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for (customer, day), (orders, spent) in visits.items():
        added = (1, int(first_days[customer] == day), orders, spent)
        sums[day] = [before + more for before, more in zip(sums[day], added, strict=True)]
    return {day: (total[0], total[1], total[2], total[3]) for day, total in sums.items()}


def _metrics(visits: dict[DayKey, tuple[int, int]]) -> dict[int, tuple[int, int, int]]:
    totals: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (customer, _), (orders, spent) in visits.items():
        added = (1, orders, spent)
        totals[customer] = [
            before + more for before, more in zip(totals[customer], added, strict=True)
        ]
    return {customer: (total[0], total[1], total[2]) for customer, total in totals.items()}


def stored(cafe: Cafe) -> Recount:
    """What the tables hold."""
    visits = {
        (customer, date.fromordinal(day)): (orders, spent)
        for customer, day, orders, spent in cafe.select_all(
            col(VisitDay.customer_id), col(VisitDay.day), col(VisitDay.orders), col(VisitDay.spent)
        )
    }
    assert cafe.select_all(col(ShopDayChange.id)) == []
    days = {
        date.fromordinal(day): (day_visits, first, orders, spent)
        for day, day_visits, first, orders, spent in cafe.select_all(
            col(ShopDay.day), col(ShopDay.visits), col(ShopDay.first_visits), col(ShopDay.orders),
            col(ShopDay.spent),
        )
        if (day_visits, first, orders, spent) != (0, 0, 0, 0)
    }  # fmt: skip
    metrics = {
        customer: (customer_visits, orders, spent)
        for customer, customer_visits, orders, spent in cafe.select_all(
            col(Metrics.customer_id), col(Metrics.visits), col(Metrics.orders), col(Metrics.spent)
        )
    }
    return Recount(visits, days, metrics)
