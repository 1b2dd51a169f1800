"""How many customers there are, and how many of them may be mailed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, select
from sqlmodel import col

from shop.consent.basis import EMAIL
from shop.consent.existing_customer import State, Term, state_of
from shop.tables import Basis, Customer


@dataclass(frozen=True)
class Reach:
    """Customers, counted.

    known: everybody. with_email: those who have an address; of them
    yes: who said so · existing_customer: who bought where the owner vouches that buyers are
    told, and not too long ago · never: all the rest, with `no` of them having said no.
    """

    known: int = 0
    with_email: int = 0
    yes: int = 0
    existing_customer: int = 0
    never: int = 0
    no: int = 0


def reach(connection: Connection, terms: Sequence[Term], now: datetime) -> Reach:
    """In one reading of the customers, whatever their number."""
    state = state_of(col(Customer.id), col(Basis.state), terms, now)
    has_address = col(Customer.email).is_not(None)
    theirs = and_(col(Basis.customer_id) == col(Customer.id), col(Basis.channel) == EMAIL)
    states = (
        select(has_address.label("has_address"), state.label("state"))
        .select_from(Customer)
        .outerjoin(Basis, theirs)
        .subquery()
    )
    counted = select(states.c.has_address, states.c.state, func.count()).group_by(
        states.c.has_address, states.c.state
    )
    known, mailable = 0, dict.fromkeys(State, 0)
    for with_address, found, count in connection.execute(counted):
        known += count
        if with_address:
            mailable[State(found)] += count
    return Reach(
        known=known,
        with_email=sum(mailable.values()),
        yes=mailable[State.YES],
        existing_customer=mailable[State.EXISTING],
        never=mailable[State.NONE] + mailable[State.NO],
        no=mailable[State.NO],
    )
