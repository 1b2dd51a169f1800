"""The basis "existing customer": bought where buyers are told, and not too long ago.

It is nowhere stored. It follows from the purchases, the owner's word and the clock, so it
lapses by itself; a no always stands above it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy import SQLColumnExpression as Expression
from sqlmodel import col

from settings.durations import Length
from shop.consent.config import Consent, Day
from shop.consent.country_limits import CEILINGS
from shop.db.upsert import SOME
from shop.tables import Order
from shop.types.purpose import Purpose

CHANNELS = ("till", "online")


class State(StrEnum):
    """Why somebody may be mailed, or may not."""

    YES = "yes"
    EXISTING = "existing customer"
    NONE = "none"
    NO = "no"


ENOUGH_FOR = {
    Purpose.MARKETING: (State.YES, State.EXISTING),
    Purpose.SERVICE: (State.YES, State.EXISTING, State.NONE),
}


@dataclass(frozen=True)
class Term:
    """What the owner vouches for at one channel, within what the country allows."""

    channel: str
    told_since: Day
    since: datetime
    lasts: timedelta
    words: Length

    def covers_from(self, now: datetime) -> datetime:
        """The earliest purchase that still counts."""
        return max(self.since, now - self.lasts)


def terms(consent: Consent | None, country: str, zone: ZoneInfo) -> tuple[Term, ...]:
    """None where the owner vouches for nothing, or the country asks for a yes."""
    ceiling = CEILINGS.get(country)
    if consent is None or ceiling is None:
        return ()
    said = [(channel, getattr(consent, channel)) for channel in CHANNELS]
    return tuple(
        Term(
            channel=channel,
            told_since=words.told_since,
            since=datetime.combine(words.told_since.date, time(), zone),
            lasts=min(words.for_.elapsed, ceiling),
            words=words.for_,
        )
        for channel, words in said
        if words is not None
    )


class Vouched(Protocol):
    """A channel, and from when on a purchase there counts: a moment, or what stands for one."""

    @property
    def channel(self) -> str: ...

    def covers_from(self, now: Any) -> Any: ...


def state_of(
    customer: Expression[Any], said: Expression[str], terms: Sequence[Vouched], now: Any
) -> ColumnElement[str]:
    """What a customer's basis comes to; `said` is `Basis.state`, empty where nothing was said.

    `now` is a moment, or a name that is given one when the statement is asked.
    """
    word = func.coalesce(said, State.NONE.value)
    return case(
        (word != State.NONE.value, word),
        (existing_customer(customer, terms, now), literal(State.EXISTING.value)),
        else_=literal(State.NONE.value),
    )


def existing_customer(
    customer: Expression[Any], terms: Sequence[Vouched], now: Any
) -> ColumnElement[bool]:
    """Whether they bought where buyers are told, recently enough."""
    if not terms:
        return false()
    bought = select(col(Order.id)).where(
        col(Order.customer_id) == customer, _counts(now), or_(*(_under(one, now) for one in terms))
    )
    return bought.exists()


def evidence(
    connection: Connection, customers: Collection[int], terms: Sequence[Term], now: datetime
) -> dict[int, str]:
    """In words, for each of these customers who is one: the latest purchase that makes them so."""
    found: dict[int, tuple[datetime, str]] = {}
    for term in terms:
        asked = {"some": list(customers), "channel": term.channel, "now": now}
        for customer, at in connection.execute(_last(), asked | {"since": term.covers_from(now)}):
            if customer is not None and at is not None:
                why = (at, reason(term, at, now))
                found[customer] = max(why, found.get(customer, why))
    return {customer: why for customer, (_, why) in found.items()}


@cache
def _last() -> Select[tuple[int | None, datetime]]:
    placed = col(Order.placed_at)
    return (
        select(col(Order.customer_id), func.max(placed))
        .where(
            col(Order.customer_id).in_(SOME),
            _counts(bindparam("now")),
            col(Order.channel) == bindparam("channel"),
            placed >= bindparam("since"),
        )
        .group_by(col(Order.customer_id))
    )


def reason(term: Term, bought_at: datetime, now: datetime) -> str:
    """Why a purchase makes somebody an existing customer, or why it does not."""
    local = bought_at.astimezone(term.since.tzinfo)
    where = "at the till" if term.channel == "till" else "online"
    bought = f"bought {where} on {Day(local.date())}"
    if bought_at > now:
        return f"{bought}, which has not come yet"
    if bought_at < term.since:
        return f"{bought}, before buyers were told on {term.told_since}"
    if bought_at < term.covers_from(now):
        return f"{bought}, longer ago than {_length(term)}"
    return f"{bought}, where the owner vouches that buyers are told since {term.told_since}"


def _length(term: Term) -> str:
    if term.lasts < term.words.elapsed:
        return f"the {term.lasts.days} days that the country allows"
    return str(term.words)


def _counts(now: Any) -> ColumnElement[bool]:
    return and_(col(Order.counts).is_(True), col(Order.placed_at) <= now)


def _under(term: Vouched, now: Any) -> ColumnElement[bool]:
    return and_(col(Order.channel) == term.channel, col(Order.placed_at) >= term.covers_from(now))
