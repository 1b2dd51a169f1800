"""The people behind each number of `regulars reach`, by the same conditions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from shop.consent.basis import EMAIL
from shop.consent.existing_customer import BasisState, basis_state, consent_terms
from shop.consent.suppressions import is_suppressed
from shop.tables import Basis, Customer, Suppression


class ReachState(StrEnum):
    """A number of `shop.consent.reach.Reach`."""

    REACHABLE = "reachable"
    YES = "yes"
    EXISTING = "existing customer"
    NONE = "none"
    NO = "no"
    UNREAD = "unread"
    GONE = "gone"
    SUPPRESSED = "suppressed"
    NEVER = "never"
    WITH_EMAIL = "with e-mail"
    NO_ADDRESS = "no address"

    @property
    def heading(self) -> str:
        """Returns the heading of the list in the owner's words."""
        return TITLES[self]


TITLES = {
    ReachState.REACHABLE: "People you may mail",
    ReachState.YES: "People who said yes",
    ReachState.EXISTING: "Existing customers, who may be mailed without a yes",
    ReachState.NONE: "People who said neither yes nor no",
    ReachState.NO: "People who said no",
    ReachState.UNREAD: "People whose consent could not be read",
    ReachState.GONE: "People whom no source has any more",
    ReachState.SUPPRESSED: "People whose address gets no mail",
    ReachState.NEVER: "People with an address whom you may not mail",
    ReachState.WITH_EMAIL: "People with an e-mail address",
    ReachState.NO_ADDRESS: "People without an e-mail address",
}
MAILABLE = (BasisState.YES, BasisState.EXISTING)
SINGLE_STATES = {
    ReachState.YES: BasisState.YES,
    ReachState.EXISTING: BasisState.EXISTING,
    ReachState.NONE: BasisState.NONE,
    ReachState.NO: BasisState.NO,
    ReachState.UNREAD: BasisState.UNREAD,
    ReachState.GONE: BasisState.GONE,
}


def select_reach(config: OwnerConfig, state: ReachState, *, now: datetime) -> Select[Any]:
    """Returns the query of the customers in `state` at `now`: one column `customer_id`."""
    of_customer = and_(col(Basis.customer_id) == col(Customer.id), col(Basis.channel) == EMAIL)
    at_address = and_(col(Suppression.address) == col(Customer.email_key), is_suppressed())
    people: Select[Any] = select(col(Customer.id).label("customer_id")).select_from(Customer)
    if state is ReachState.NO_ADDRESS:
        return people.where(col(Customer.email).is_(None))
    people = people.where(col(Customer.email).is_not(None))
    if state is ReachState.WITH_EMAIL:
        return people
    if state is ReachState.SUPPRESSED:
        return people.join(Suppression, at_address)
    people = people.outerjoin(Basis, of_customer).outerjoin(Suppression, at_address)
    return people.where(_is_in_state(config, state, now))


def _is_in_state(config: OwnerConfig, state: ReachState, now: datetime) -> ColumnElement[bool]:
    terms = consent_terms(config.consent, config.shop.country, config.shop.zone)
    basis = basis_state(col(Customer.id), col(Basis.state), terms, now)
    is_free = col(Suppression.address).is_(None)
    if state is ReachState.REACHABLE:
        return and_(is_free, basis.in_(MAILABLE))
    if state is ReachState.NEVER:
        return ~and_(is_free, basis.in_(MAILABLE))
    return and_(is_free, basis == SINGLE_STATES[state].value)
