"""Each fact of an `if` or `unless` by itself: what was asked, what is found, whether it is met."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Connection, func, literal, null, select
from sqlmodel import col

from settings.model import spoken
from shop.tables import Customer, Identity
from shop.types.money import decimals
from triggers.config import Facts
from triggers.facts import COUNTS, SAID, SUMS, hold, joined

Found = int | Decimal | tuple[str, ...] | None


@dataclass(frozen=True)
class About:
    """Whom and what facts are asked of."""

    customer: int
    cart: int | None = None
    answer: int | None = None


@dataclass(frozen=True)
class Clause:
    """One fact; whether it is met was decided in the database, as for every rule."""

    fact: str
    asked: str
    found: Found
    met: bool


def clauses_of(
    connection: Connection, facts: Facts | None, about: About, currency: str
) -> list[Clause]:
    """In the order of the words; one reading for all of them."""
    names = _asked(facts) if facts else []
    if facts is None or not names:
        return []
    row = connection.execute(_reading(facts, names, about, currency)).one()
    found, met = row[: len(names)], row[len(names) :]
    tags = _tags(connection, about.customer) if "tags" in names else ()
    return [
        Clause(spoken(name), _spelt(getattr(facts, name)), _value(name, value, tags, currency), yes)
        for name, value, yes in zip(names, found, map(bool, met), strict=True)
    ]


def _asked(facts: Facts) -> list[str]:
    return [name for name in Facts.model_fields if getattr(facts, name)]


def _reading(facts: Facts, names: Sequence[str], about: About, currency: str) -> Any:
    alone = [Facts.model_validate({name: getattr(facts, name)}) for name in names]
    whose = col(Customer.id)
    columns = [
        *(_column(name) for name in names),
        *(hold(one, currency, whose) for one in alone),
    ]
    labelled = [column.label(f"column_{number}") for number, column in enumerate(columns)]
    cart, answer = (literal(one, BigInteger) for one in (about.cart, about.answer))
    whole = joined(select(*labelled).select_from(Customer), whose, cart, answer)
    return whole.where(whose == about.customer)


def _column(name: str) -> Any:
    """Who never bought has no row, and bought nothing; who was not asked did not answer."""
    if name in SAID:
        return col(SAID[name])
    counted = COUNTS.get(name, SUMS.get(name))
    return null() if counted is None else func.coalesce(col(counted), 0)


def _value(name: str, value: int | None, tags: tuple[str, ...], currency: str) -> Found:
    if name == "tags":
        return tags
    if value is not None and name in SUMS:
        return Decimal(value).scaleb(-decimals(currency))
    return value


def _tags(connection: Connection, customer: int) -> tuple[str, ...]:
    """In any source that knows the customer."""
    kept = select(col(Identity.tags)).where(col(Identity.customer_id) == customer)
    return tuple(sorted({str(tag) for one in connection.scalars(kept) for tag in json.loads(one)}))


def _spelt(asked: object) -> str:
    return f"any of {', '.join(asked)}" if isinstance(asked, list) else str(asked)
