"""When a customer was last here, how often they come, and since when they are overdue, in words.

From figures of today's data only: first and last visit, their number, and `expected_back_at`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select
from sqlmodel import col

from engine.explain.profile import Purchases
from measures.customers import MIN_VISITS_FOR_RHYTHM
from shop.tables import Order
from templates.language import ENGLISH, owner_sentences

MAX_GAPS = 12
MAX_ORDERS = 120  # that are read for the gaps: several may be of one day
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Gap:
    """The time between two visits: `days` until the visit on `until`."""

    until: date
    days: int


def describe_rhythm(bought: Purchases | None, *, now: datetime, zone: ZoneInfo) -> str:
    """Returns a sentence such as "Was last here 23 days ago, usually comes every 7 days; overdue
    since 3 March." Days are those of `zone`.
    """
    sentences = owner_sentences("timeline")
    if bought is None or bought.last_visit_at is None:
        return f"{sentences.NEVER_HERE}."
    text: str = sentences.LAST_HERE.format(ago=_days_ago(bought.last_visit_at, now, zone))
    gap = mean_gap(bought)
    if gap is None or bought.expected_back_at is None:
        return f"{text}{sentences.NO_RHYTHM}."
    text += sentences.EVERY.format(days=count_days(max(round(gap / DAY), 1)))
    is_overdue = bought.expected_back_at <= now
    ending = sentences.OVERDUE if is_overdue else sentences.EXPECTED
    return f"{text}{ending.format(day=_write_day(bought.expected_back_at, now, zone))}."


def mean_gap(bought: Purchases) -> timedelta | None:
    """Returns the mean time between two visits; None with too few of them."""
    if bought.first_visit_at is None or bought.last_visit_at is None:
        return None
    if bought.visits < MIN_VISITS_FOR_RHYTHM:
        return None
    return (bought.last_visit_at - bought.first_visit_at) / (bought.visits - 1)


def load_gaps(connection: Connection, customer: int, zone: ZoneInfo) -> list[Gap]:
    """Returns the latest gaps between the days on which `customer` came, oldest first."""
    query = select(col(Order.placed_at)).where(
        col(Order.customer_id) == customer, col(Order.counts).is_(True)
    )
    latest = query.order_by(col(Order.placed_at).desc()).limit(MAX_ORDERS)
    days = sorted({moment.astimezone(zone).date() for moment in connection.scalars(latest)})
    return gaps_between(days)[-MAX_GAPS:]


def gaps_between(days: Sequence[date]) -> list[Gap]:
    """Returns the gaps between consecutive `days`, which are sorted."""
    return [Gap(until, (until - since).days) for since, until in pairwise(days)]


def count_days(days: int) -> str:
    """Returns "1 day" or "7 days"."""
    sentences = owner_sentences("timeline")
    text: str = sentences.ONE_DAY if days == 1 else sentences.MANY_DAYS.format(days=f"{days:,}")
    return text


def _days_ago(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    sentences = owner_sentences("timeline")
    days = (now.astimezone(zone).date() - moment.astimezone(zone).date()).days
    if days <= 0:
        return str(sentences.TODAY)
    return str(sentences.YESTERDAY if days == 1 else sentences.DAYS_AGO.format(
        days=count_days(days)
    ))  # fmt: skip


def _write_day(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    is_this_year = local.year == now.astimezone(zone).year
    return ENGLISH.day(local) if is_this_year else ENGLISH.date(local)
