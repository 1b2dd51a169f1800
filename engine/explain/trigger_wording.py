"""What a rule's `when` comes to for one customer, in a sentence with its moments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.time_format import format_day, format_moment
from measures.customers import MIN_VISITS_FOR_RHYTHM
from settings.values import Length
from shop.consent.basis import UNDATED
from shop.db.timezones import parse_zone
from shop.tables import (
    Answer,
    Basis,
    BasisStatement,
    Cart,
    Customer,
    Metrics,
    PointsLot,
)
from shop.types.moment import EPOCH
from shop.types.money import decimals
from triggers.config import Rule
from triggers.durations import lead_time
from triggers.list_occasions import Occasion


@dataclass(frozen=True)
class CustomerQuery:
    """Whose occasions are told of, on which clock."""

    connection: Connection
    file: OwnerConfig
    customer: int

    def format_time(self, time: datetime) -> str:
        return format_moment(time, self.file.shop.zone)

    def scalar(self, statement: Any) -> Any:
        return self.connection.scalar(statement)


def describe_trigger(rule: Rule) -> str:
    """No visit for 45 days."""
    length = f" for {rule.for_}" if rule.for_ else f" in {rule.in_}" if rule.in_ else ""
    return f"{rule.when}{length}"


def describe_occasion(query: CustomerQuery, rule: Rule, occasion: Occasion) -> str:
    """What an occasion counts from, and when it came or comes due."""
    describe = OCCASION_SENTENCES.get(rule.when)
    return (
        describe(query, rule, occasion)
        if describe
        else f"{rule.when} {query.format_time(occasion.due_at)}"
    )


def describe_no_occasion(query: CustomerQuery, rule: Rule) -> str:
    """Why there is no occasion."""
    describe = NO_OCCASION_SENTENCES.get(rule.when)
    return describe(query, rule) if describe else "Nothing of the kind is known of them."


def _cart_occasion(query: CustomerQuery, rule: Rule, occasion: Occasion) -> str:
    cart = select(col(Cart.total), col(Cart.currency)).where(col(Cart.id) == occasion.cart_id)
    row = query.connection.execute(cart).first()
    worth = f" of {_money_text(row.total, row.currency)}" if row else ""
    left_text = query.format_time(occasion.since_at)
    return (
        f"cart{worth} left {left_text}, so {rule.for_} end on {query.format_time(occasion.due_at)}"
    )


def _absence_occasion(query: CustomerQuery, rule: Rule, occasion: Occasion) -> str:
    last = f"last visit {query.format_time(occasion.since_at)}"
    if isinstance(rule.for_, Length):
        return f"{last}, so {rule.for_} end on {query.format_time(occasion.due_at)}"
    due = query.format_time(occasion.due_at)
    return f"{last}, so by their own rhythm they are missed from {due} on"


def _birthday_occasion(query: CustomerQuery, rule: Rule, occasion: Occasion) -> str:
    customer_timezone = query.scalar(
        select(col(Customer.timezone)).where(col(Customer.id) == query.customer)
    )
    zone = parse_zone(customer_timezone) or query.file.shop.zone
    due = occasion.due_at.astimezone(zone)
    birthday = due.date() + lead_time(rule)
    clock = f" (midnight in {customer_timezone})" if zone != query.file.shop.zone else ""
    due_text = query.format_time(occasion.due_at)
    return f"birthday on {format_day(birthday)}, so its mail is due {due_text}{clock}"


def _answer_occasion(query: CustomerQuery, _rule: Rule, occasion: Occasion) -> str:
    scores = select(col(Answer.csat), col(Answer.nps)).where(col(Answer.id) == occasion.answer_id)
    row = query.connection.execute(scores).first()
    figures = {"csat": row.csat, "nps": row.nps} if row else {}
    scores_text = ", ".join(
        f"{name} {value}" for name, value in figures.items() if value is not None
    )
    return f"answered {query.format_time(occasion.since_at)} ({scores_text or 'no figure'})"


def _subscribed_occasion(query: CustomerQuery, _rule: Rule, occasion: Occasion) -> str:
    return f"said yes on {query.format_time(occasion.since_at)}"


def _earned_occasion(query: CustomerQuery, _rule: Rule, occasion: Occasion) -> str:
    return f"earned points on {query.format_time(occasion.since_at)}, the first time in that week"


def _expiry_occasion(query: CustomerQuery, rule: Rule, occasion: Occasion) -> str:
    expires_at = occasion.due_at + lead_time(rule)
    points_left = _points_expiring_on(query, expires_at)
    points_text = "1 point ends" if points_left == 1 else f"{points_left} points end"
    expiry, due = query.format_time(expires_at), query.format_time(occasion.due_at)
    return f"{points_text} on {expiry}, so {rule.in_} ahead is {due}"


def _points_expiring_on(query: CustomerQuery, expires_at: datetime) -> int:
    """The days that `points expire` puts together are UTC's."""
    day = EPOCH + timedelta(days=(expires_at - EPOCH).days)
    points_left = select(func.coalesce(func.sum(col(PointsLot.left)), 0)).where(
        col(PointsLot.customer_id) == query.customer,
        col(PointsLot.expires_at) >= day,
        col(PointsLot.expires_at) < day + timedelta(days=1),
    )
    return int(query.scalar(points_left))


def _money_text(minor: int, currency: str) -> str:
    places = decimals(currency)
    return f"{minor / 10**places:,.{places}f} {currency}"


def _no_cart(query: CustomerQuery, _rule: Rule) -> str:
    last_conversion = select(func.max(col(Cart.converted_at))).where(
        col(Cart.customer_id) == query.customer
    )
    converted_at = query.scalar(last_conversion)
    tail = f" The last one was bought on {query.format_time(converted_at)}." if converted_at else ""
    return f"No cart of theirs is waiting.{tail}"


def _no_absence(query: CustomerQuery, rule: Rule) -> str:
    visits = query.scalar(
        select(col(Metrics.visits)).where(col(Metrics.customer_id) == query.customer)
    )
    if not visits:
        return "They never bought anything that counts, as far as the last run saw."
    if isinstance(rule.for_, Length):
        return "Nothing is known of their last visit."
    return f"They have no rhythm yet: visits {visits}, and it takes {MIN_VISITS_FOR_RHYTHM}."


def _no_birthday(_asking: CustomerQuery, _rule: Rule) -> str:
    return "Their birthday is not known."


def _no_answer(_asking: CustomerQuery, _rule: Rule) -> str:
    return "They answered no survey."


def _no_yes(query: CustomerQuery, _rule: Rule) -> str:
    basis_row = query.connection.execute(
        select(col(Basis.state), col(BasisStatement.said_at))
        .outerjoin(BasisStatement, col(BasisStatement.id) == col(Basis.statement_id))
        .where(col(Basis.customer_id) == query.customer)
    ).first()
    if basis_row and basis_row.state == "no":
        return "They said no."
    if basis_row and basis_row.state == "yes" and basis_row.said_at == UNDATED:
        return "Their yes has no date: it came with a list, and nobody is welcomed for that."
    return "They never said yes themselves."


def _no_points(_asking: CustomerQuery, _rule: Rule) -> str:
    return "They earned no points."


def _no_ending(_asking: CustomerQuery, _rule: Rule) -> str:
    return "They have no points that end."


OCCASION_SENTENCES: Mapping[str, Callable[[CustomerQuery, Rule, Occasion], str]] = {
    "cart abandoned": _cart_occasion,
    "no visit": _absence_occasion,
    "birthday": _birthday_occasion,
    "survey answered": _answer_occasion,
    "subscribed": _subscribed_occasion,
    "points earned": _earned_occasion,
    "points expire": _expiry_occasion,
}
NO_OCCASION_SENTENCES: Mapping[str, Callable[[CustomerQuery, Rule], str]] = {
    "cart abandoned": _no_cart,
    "no visit": _no_absence,
    "birthday": _no_birthday,
    "survey answered": _no_answer,
    "subscribed": _no_yes,
    "points earned": _no_points,
    "points expire": _no_ending,
}
