"""The basis "existing customer": bought where buyers are told, and not too long ago.

It is not stored. It follows from the purchases with the address that mail goes to, the owner's
statement in config.yaml and the clock, so it lapses by itself; an opt-out and a statement that
could not be read outrank it.
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
from shop.consent.country_limits import COUNTRY_LIMITS
from shop.db.upsert import IN_VALUES
from shop.identity.absence import CONFIRMED, is_absent_customer
from shop.tables import Customer, Identity, Order
from shop.types.purpose import Purpose

CHANNELS = ("till", "online")


class BasisState(StrEnum):
    """Why a customer may be mailed, or may not."""

    YES = "yes"
    EXISTING = "existing customer"
    NONE = "none"
    NO = "no"
    UNREAD = "unread"
    GONE = "gone"  # no source has the customer any more


SUFFICIENT_STATES = {
    Purpose.MARKETING: (BasisState.YES, BasisState.EXISTING),
    Purpose.SERVICE: (BasisState.YES, BasisState.EXISTING, BasisState.NONE),
}


@dataclass(frozen=True)
class ConsentTerm:
    """What the owner vouches for at one channel, within the limit of the country."""

    channel: str
    disclosed_since: Day
    since: datetime
    lasts: timedelta
    stated_length: Length

    def earliest_purchase(self, now: datetime) -> datetime:
        """The earliest purchase that still counts at `now`."""
        return max(self.since, now - self.lasts)


def consent_terms(consent: Consent | None, country: str, zone: ZoneInfo) -> tuple[ConsentTerm, ...]:
    """Returns the terms of the `consent` section, within the limit of `country`.

    Empty where the owner vouches for nothing, or the country requires an opt-in.
    """
    country_limit = COUNTRY_LIMITS.get(country)
    if consent is None or country_limit is None:
        return ()
    channel_configs = [(channel, getattr(consent, channel)) for channel in CHANNELS]
    return tuple(
        ConsentTerm(
            channel=channel,
            disclosed_since=channel_config.told_since,
            since=datetime.combine(channel_config.told_since.date, time(), zone),
            lasts=min(channel_config.for_.elapsed, country_limit),
            stated_length=channel_config.for_,
        )
        for channel, channel_config in channel_configs
        if channel_config is not None
    )


class PurchaseTerm(Protocol):
    """A channel and the earliest purchase that counts there: a moment or an SQL parameter."""

    @property
    def channel(self) -> str: ...

    def earliest_purchase(self, now: Any) -> Any: ...


def basis_state(
    customer: Expression[Any], stated: Expression[str], terms: Sequence[PurchaseTerm], now: Any
) -> ColumnElement[str]:
    """SQL expression for a `BasisState`.

    `customer` is the column `Customer.id` of the statement in which this is used. `stated` is the
    column `Basis.state`, NULL where nothing was said. `now` is a moment or an SQL parameter.
    """
    stated_or_none = func.coalesce(stated, BasisState.NONE.value)
    return case(
        (stated_or_none != BasisState.NONE.value, stated_or_none),
        (is_absent_customer(customer), literal(BasisState.GONE.value)),
        (is_existing_customer(customer, terms, now), literal(BasisState.EXISTING.value)),
        else_=literal(BasisState.NONE.value),
    )


def is_existing_customer(
    customer: Expression[Any], terms: Sequence[PurchaseTerm], now: Any
) -> ColumnElement[bool]:
    """SQL condition: `customer` bought under one of `terms`, recently enough at `now`, with the
    address that mail goes to.
    """
    if not terms:
        return false()
    purchases = (
        select(col(Order.id))
        .join(Identity, _with_mailing_address())
        .where(
            col(Order.customer_id) == customer,
            _is_countable_purchase(now),
            or_(*(_within_term(term, now) for term in terms)),
        )
    )
    return purchases.correlate(Customer).exists()


def purchase_evidence(
    connection: Connection,
    customer_ids: Collection[int],
    terms: Sequence[ConsentTerm],
    now: datetime,
) -> dict[int, str]:
    """Returns the reason in words for each of `customer_ids` who is an existing customer at `now`.

    The latest purchase that qualifies is named.
    """
    latest_purchases: dict[int, tuple[datetime, str]] = {}
    for term in terms:
        parameters = {"values": list(customer_ids), "channel": term.channel, "now": now}
        for customer, placed_at in connection.execute(
            _latest_purchase_query(), parameters | {"since": term.earliest_purchase(now)}
        ):
            if customer is not None and placed_at is not None:
                dated_reason = (placed_at, purchase_reason(term, placed_at, now))
                latest_purchases[customer] = max(
                    dated_reason, latest_purchases.get(customer, dated_reason)
                )
    return {customer: dated_reason for customer, (_, dated_reason) in latest_purchases.items()}


@cache
def _latest_purchase_query() -> Select[tuple[int | None, datetime]]:
    placed_at = col(Order.placed_at)
    return (
        select(col(Order.customer_id), func.max(placed_at))
        .join(Customer, col(Customer.id) == col(Order.customer_id))
        .join(Identity, _with_mailing_address())
        .where(
            col(Order.customer_id).in_(IN_VALUES),
            _is_countable_purchase(bindparam("now")),
            col(Order.channel) == bindparam("channel"),
            placed_at >= bindparam("since"),
        )
        .group_by(col(Order.customer_id))
    )


def purchase_reason(term: ConsentTerm, bought_at: datetime, now: datetime) -> str:
    """Why a purchase at `bought_at` makes an existing customer under `term`, or why it does not."""
    local_time = bought_at.astimezone(term.since.tzinfo)
    place = "at the till" if term.channel == "till" else "online"
    purchase_text = f"bought {place} on {Day(local_time.date())}"
    if bought_at > now:
        return f"{purchase_text}, which has not come yet"
    if bought_at < term.since:
        return f"{purchase_text}, before buyers were told on {term.disclosed_since}"
    if bought_at < term.earliest_purchase(now):
        return f"{purchase_text}, longer ago than {_length_text(term)}"
    vouched = f"where the owner vouches that buyers are told since {term.disclosed_since}"
    return f"{purchase_text}, {vouched}"


def _length_text(term: ConsentTerm) -> str:
    if term.lasts < term.stated_length.elapsed:
        return f"the {term.lasts.days} days that the country allows"
    return str(term.stated_length)


def _with_mailing_address() -> ColumnElement[bool]:
    """The record of the buyer has the address that mail to the customer goes to."""
    return and_(
        col(Identity.source) == col(Order.customer_source),
        col(Identity.external_id) == col(Order.customer_key),
        col(Identity.email_key) == col(Customer.email_key),
        func.coalesce(col(Identity.absence), "").not_in(CONFIRMED),
    )


def _is_countable_purchase(now: Any) -> ColumnElement[bool]:
    return and_(col(Order.counts).is_(True), col(Order.placed_at) <= now)


def _within_term(term: PurchaseTerm, now: Any) -> ColumnElement[bool]:
    return and_(
        col(Order.channel) == term.channel, col(Order.placed_at) >= term.earliest_purchase(now)
    )
