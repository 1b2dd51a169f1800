"""The people behind each number of `regulars reach`, by the same conditions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from shop.consent.basis import EMAIL
from shop.consent.existing_customer import BasisState, basis_state, consent_terms
from shop.consent.suppressions import is_suppressed
from shop.identity.absence import CONFIRMED
from shop.tables import Basis, Customer, Identity, Suppression


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
# States that are stored: whoever has one is found without looking at everybody.
SAID_STATES = {
    ReachState.YES: BasisState.YES,
    ReachState.NO: BasisState.NO,
    ReachState.UNREAD: BasisState.UNREAD,
}
SINGLE_STATES = {
    ReachState.EXISTING: BasisState.EXISTING,
    ReachState.NONE: BasisState.NONE,
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
    if state in SAID_STATES:
        return _select_said(SAID_STATES[state])
    if state is ReachState.GONE:
        absent = select(col(Identity.customer_id)).where(col(Identity.absence).in_(CONFIRMED))
        people = people.where(col(Customer.id).in_(absent))
    people = people.outerjoin(Basis, of_customer).outerjoin(Suppression, at_address)
    return people.where(_is_in_state(config, state, now))


def _select_said(state: BasisState) -> Select[Any]:
    """Everything but the statement is looked up for these people alone."""
    has_free_address = (
        select(col(Customer.id))
        .outerjoin(
            Suppression,
            and_(col(Suppression.address) == col(Customer.email_key), is_suppressed()),
        )
        .where(
            col(Customer.id) == col(Basis.customer_id),
            col(Customer.email).is_not(None),
            col(Suppression.address).is_(None),
        )
        .correlate(Basis)
        .exists()
    )
    has_state = and_(col(Basis.channel) == EMAIL, col(Basis.state) == state.value)
    return select(col(Basis.customer_id)).where(has_state, has_free_address)


def _is_in_state(config: OwnerConfig, state: ReachState, now: datetime) -> ColumnElement[bool]:
    terms = consent_terms(config.consent, config.shop.country, config.shop.zone)
    if state is ReachState.EXISTING and not terms:
        return false()
    basis = basis_state(col(Customer.id), col(Basis.state), terms, now)
    is_free = col(Suppression.address).is_(None)
    if state is ReachState.REACHABLE:
        return and_(is_free, basis.in_(MAILABLE))
    if state is ReachState.NEVER:
        return ~and_(is_free, basis.in_(MAILABLE))
    return and_(is_free, basis == SINGLE_STATES[state].value)
