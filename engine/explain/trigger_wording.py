"""What a rule's `when` comes to for one customer, in a sentence with its moments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select
from sqlmodel import col

from engine.config.owner_config import OwnersFile
from engine.time_format import day_told, moment_told
from measures.customers import RHYTHM_FROM
from settings.values import Length
from shop.consent.basis import UNDATED
from shop.db.timezones import zone_of
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
from triggers.durations import ahead
from triggers.list_occasions import Occasion


@dataclass(frozen=True)
class Asking:
    """Whose occasions are told of, on which clock."""

    connection: Connection
    file: OwnersFile
    customer: int

    def at(self, moment: datetime) -> str:
        return moment_told(moment, self.file.shop.zone)

    def scalar(self, query: Any) -> Any:
        return self.connection.scalar(query)


def when_told(rule: Rule) -> str:
    """No visit for 45 days."""
    length = f" for {rule.for_}" if rule.for_ else f" in {rule.in_}" if rule.in_ else ""
    return f"{rule.when}{length}"


def counts(asking: Asking, rule: Rule, occasion: Occasion) -> str:
    """What an occasion counts from, and when it came or comes due."""
    told = TOLD.get(rule.when)
    return told(asking, rule, occasion) if told else f"{rule.when} {asking.at(occasion.due_at)}"


def nothing(asking: Asking, rule: Rule) -> str:
    """Why there is no occasion."""
    why = NOTHING.get(rule.when)
    return why(asking, rule) if why else "Nothing of the kind is known of them."


def _cart(asking: Asking, rule: Rule, one: Occasion) -> str:
    cart = select(col(Cart.total), col(Cart.currency)).where(col(Cart.id) == one.cart_id)
    row = asking.connection.execute(cart).first()
    worth = f" of {_money(row.total, row.currency)}" if row else ""
    left = asking.at(one.since_at)
    return f"cart{worth} left {left}, so {rule.for_} end on {asking.at(one.due_at)}"


def _away(asking: Asking, rule: Rule, one: Occasion) -> str:
    last = f"last visit {asking.at(one.since_at)}"
    if isinstance(rule.for_, Length):
        return f"{last}, so {rule.for_} end on {asking.at(one.due_at)}"
    return f"{last}, so by their own rhythm they are missed from {asking.at(one.due_at)} on"


def _birthday(asking: Asking, rule: Rule, one: Occasion) -> str:
    theirs = asking.scalar(
        select(col(Customer.timezone)).where(col(Customer.id) == asking.customer)
    )
    zone = zone_of(theirs) or asking.file.shop.zone
    due = one.due_at.astimezone(zone)
    feast = due.date() + ahead(rule)
    clock = f" (midnight in {theirs})" if zone != asking.file.shop.zone else ""
    return f"birthday on {day_told(feast)}, so its mail is due {asking.at(one.due_at)}{clock}"


def _answer(asking: Asking, _rule: Rule, one: Occasion) -> str:
    said = select(col(Answer.csat), col(Answer.nps)).where(col(Answer.id) == one.answer_id)
    row = asking.connection.execute(said).first()
    figures = {"csat": row.csat, "nps": row.nps} if row else {}
    given = ", ".join(f"{name} {value}" for name, value in figures.items() if value is not None)
    return f"answered {asking.at(one.since_at)} ({given or 'no figure'})"


def _subscribed(asking: Asking, _rule: Rule, one: Occasion) -> str:
    return f"said yes on {asking.at(one.since_at)}"


def _earned(asking: Asking, _rule: Rule, one: Occasion) -> str:
    return f"earned points on {asking.at(one.since_at)}, the first time in that week"


def _ending(asking: Asking, rule: Rule, one: Occasion) -> str:
    ends = one.due_at + ahead(rule)
    left = _points_on_the_day_of(asking, ends)
    points = "1 point ends" if left == 1 else f"{left} points end"
    return f"{points} on {asking.at(ends)}, so {rule.in_} ahead is {asking.at(one.due_at)}"


def _points_on_the_day_of(asking: Asking, ends: datetime) -> int:
    """The days that `points expire` puts together are UTC's."""
    day = EPOCH + timedelta(days=(ends - EPOCH).days)
    left = select(func.coalesce(func.sum(col(PointsLot.left)), 0)).where(
        col(PointsLot.customer_id) == asking.customer,
        col(PointsLot.expires_at) >= day,
        col(PointsLot.expires_at) < day + timedelta(days=1),
    )
    return int(asking.scalar(left))


def _money(minor: int, currency: str) -> str:
    places = decimals(currency)
    return f"{minor / 10**places:,.{places}f} {currency}"


def _no_cart(asking: Asking, _rule: Rule) -> str:
    bought = select(func.max(col(Cart.converted_at))).where(
        col(Cart.customer_id) == asking.customer
    )
    last = asking.scalar(bought)
    tail = f" The last one was bought on {asking.at(last)}." if last else ""
    return f"No cart of theirs is waiting.{tail}"


def _no_absence(asking: Asking, rule: Rule) -> str:
    visits = asking.scalar(
        select(col(Metrics.visits)).where(col(Metrics.customer_id) == asking.customer)
    )
    if not visits:
        return "They never bought anything that counts, as far as the last run saw."
    if isinstance(rule.for_, Length):
        return "Nothing is known of their last visit."
    return f"They have no rhythm yet: visits {visits}, and it takes {RHYTHM_FROM}."


def _no_birthday(_asking: Asking, _rule: Rule) -> str:
    return "Their birthday is not known."


def _no_answer(_asking: Asking, _rule: Rule) -> str:
    return "They answered no survey."


def _no_yes(asking: Asking, _rule: Rule) -> str:
    word = asking.connection.execute(
        select(col(Basis.state), col(BasisStatement.said_at))
        .outerjoin(BasisStatement, col(BasisStatement.id) == col(Basis.statement_id))
        .where(col(Basis.customer_id) == asking.customer)
    ).first()
    if word and word.state == "no":
        return "They said no."
    if word and word.state == "yes" and word.said_at == UNDATED:
        return "Their yes has no date: it came with a list, and nobody is welcomed for that."
    return "They never said yes themselves."


def _no_points(_asking: Asking, _rule: Rule) -> str:
    return "They earned no points."


def _no_ending(_asking: Asking, _rule: Rule) -> str:
    return "They have no points that end."


TOLD: Mapping[str, Callable[[Asking, Rule, Occasion], str]] = {
    "cart abandoned": _cart,
    "no visit": _away,
    "birthday": _birthday,
    "survey answered": _answer,
    "subscribed": _subscribed,
    "points earned": _earned,
    "points expire": _ending,
}
NOTHING: Mapping[str, Callable[[Asking, Rule], str]] = {
    "cart abandoned": _no_cart,
    "no visit": _no_absence,
    "birthday": _no_birthday,
    "survey answered": _no_answer,
    "subscribed": _no_yes,
    "points earned": _no_points,
    "points expire": _no_ending,
}
