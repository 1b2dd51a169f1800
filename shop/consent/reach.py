"""Counts the customers, and those who may be mailed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, func, select
from sqlmodel import col

from shop.consent.basis import EMAIL
from shop.consent.existing_customer import BasisState, ConsentTerm, basis_state
from shop.consent.suppressions import is_suppressed
from shop.tables import Basis, Customer, Suppression

SUPPRESSED = "suppressed"


@dataclass(frozen=True)
class Reach:
    """Numbers of customers.

    `known` is all of them, `with_email` those with an address. Of the latter, `yes` opted in,
    `existing_customer` bought recently where the owner vouches that buyers are told, and `never`
    is the rest. Of these, the addresses of `suppressed` get nothing whatever was said; of the
    others, `no` opted out, of `unread` the consent could not be read, and no source has `gone` any
    more.
    """

    known: int = 0
    with_email: int = 0
    yes: int = 0
    existing_customer: int = 0
    never: int = 0
    no: int = 0
    unread: int = 0
    gone: int = 0
    suppressed: int = 0

    @property
    def reachable(self) -> int:
        """How many may get marketing mail."""
        return self.yes + self.existing_customer


def compute_reach(connection: Connection, terms: Sequence[ConsentTerm], now: datetime) -> Reach:
    """Counts in one query; `terms` are those on which existing customers may be mailed at `now`."""
    basis = basis_state(col(Customer.id), col(Basis.state), terms, now)
    state = case((col(Suppression.address).is_not(None), SUPPRESSED), else_=basis)
    has_address = col(Customer.email).is_not(None)
    of_customer = and_(col(Basis.customer_id) == col(Customer.id), col(Basis.channel) == EMAIL)
    at_address = col(Suppression.address) == col(Customer.email_key)
    states = (
        select(has_address.label("has_address"), state.label("state"))
        .select_from(Customer)
        .outerjoin(Basis, of_customer)
        .outerjoin(Suppression, and_(at_address, is_suppressed()))
        .subquery()
    )
    counts_query = select(states.c.has_address, states.c.state, func.count()).group_by(
        states.c.has_address, states.c.state
    )
    total, mailable = 0, Counter[str]()
    for addressed, state_text, count in connection.execute(counts_query):
        total += count
        if addressed:
            mailable[state_text] += count
    return Reach(
        known=total,
        with_email=sum(mailable.values()),
        yes=mailable[BasisState.YES],
        existing_customer=mailable[BasisState.EXISTING],
        never=sum(mailable.values()) - mailable[BasisState.YES] - mailable[BasisState.EXISTING],
        no=mailable[BasisState.NO],
        unread=mailable[BasisState.UNREAD],
        gone=mailable[BasisState.GONE],
        suppressed=mailable[SUPPRESSED],
    )


def count_unread(connection: Connection) -> int:
    """Returns the customers with an address whose consent could not be read."""
    query = (
        select(func.count())
        .select_from(Basis)
        .join(Customer, col(Customer.id) == col(Basis.customer_id))
        .where(
            col(Basis.channel) == EMAIL,
            col(Basis.state) == BasisState.UNREAD.value,
            col(Customer.email).is_not(None),
        )
    )
    return connection.scalar(query) or 0
