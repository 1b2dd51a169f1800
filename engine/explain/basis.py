"""What allows mail to one customer today, or does not, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select
from sqlmodel import col

from engine.config.owner_config import OwnersFile
from engine.time_format import moment_told
from shop.consent.basis import EMAIL, Word, history
from shop.consent.existing_customer import State, Term, evidence, reason, state_of, terms
from shop.tables import Basis, Customer, Order


@dataclass(frozen=True)
class BasisTold:
    """What holds today, why, and all that was ever said about it."""

    state: State
    why: str
    history: Sequence[Word]


def basis_of(
    connection: Connection, file: OwnersFile, customer: int, *, now: datetime
) -> BasisTold:
    """Worked out as it is before every mail."""
    vouched = terms(file.consent, file.shop.country, file.shop.zone)
    state = State(connection.scalars(_state(customer, vouched, now)).one())
    said = history(connection, customer)
    if state is State.EXISTING:
        why = evidence(connection, [customer], vouched, now).get(customer, "")
    elif state is State.NONE:
        why = _nothing(connection, customer, vouched, said, now)
    else:
        decides = [word for word in said if word.decides]
        why = word_told(decides[-1], file) if decides else ""
    return BasisTold(state, why, said)


def word_told(word: Word, file: OwnersFile) -> str:
    """Said on 3 May 2025, 10:00: SUBSCRIBED (online-shop)."""
    zone = file.shop.zone
    when = (
        f"said on {moment_told(word.said_at, zone)}"
        if word.said_at
        else f"without a date, heard on {moment_told(word.recorded_at, zone)}"
    )
    by = "" if word.actor in ("", word.source) else f", by {word.actor}"
    return f"{when}: {word.evidence or 'nothing'} ({word.source}{by})"


def _state(customer: int, vouched: Sequence[Term], now: datetime) -> Any:
    theirs = and_(col(Basis.customer_id) == col(Customer.id), col(Basis.channel) == EMAIL)
    state = state_of(col(Customer.id), col(Basis.state), vouched, now)
    known = select(state).select_from(Customer).outerjoin(Basis, theirs)
    return known.where(col(Customer.id) == customer)


def _nothing(
    connection: Connection,
    customer: int,
    vouched: Sequence[Term],
    said: Sequence[Word],
    now: datetime,
) -> str:
    """Never said yes; and why what they bought does not do instead."""
    never = (
        "their yes was taken back" if any(word.says == "yes" for word in said) else "never said yes"
    )
    last = func.max(col(Order.placed_at))
    bought = select(last).where(col(Order.customer_id) == customer, col(Order.counts).is_(True))
    found = [
        reason(term, at, now)
        for term in vouched
        if (at := connection.scalar(bought.where(col(Order.channel) == term.channel)))
    ]
    return "; ".join([never, *found])
