"""The legal basis for mailing one customer, with the reason and the history of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.time_format import format_moment
from shop.consent.basis import EMAIL, ConsentStatement, consent_history
from shop.consent.existing_customer import (
    BasisState,
    ConsentTerm,
    basis_state,
    consent_terms,
    purchase_evidence,
    purchase_reason,
)
from shop.tables import Basis, Customer, Order


@dataclass(frozen=True)
class BasisExplanation:
    """The consent state that holds now, its reason, and every statement of the customer."""

    state: BasisState
    reason: str
    history: Sequence[ConsentStatement]


def explain_basis(
    connection: Connection, config: OwnerConfig, customer: int, *, now: datetime
) -> BasisExplanation:
    """Return the basis that the gate would find for `customer` at `now`, and why."""
    ground_terms = consent_terms(config.consent, config.shop.country, config.shop.zone)
    state = BasisState(connection.scalars(_state_query(customer, ground_terms, now)).one())
    statements = consent_history(connection, customer)
    if state is BasisState.EXISTING:
        reason = purchase_evidence(connection, [customer], ground_terms, now).get(customer, "")
    elif state is BasisState.NONE:
        reason = _explain_missing_basis(connection, customer, ground_terms, statements, now)
    else:
        deciding = [statement for statement in statements if statement.decides]
        reason = describe_statement(deciding[-1], config) if deciding else ""
    return BasisExplanation(state, reason, statements)


def describe_statement(statement: ConsentStatement, config: OwnerConfig) -> str:
    """Return a sentence such as "said on 3 May 2025, 10:00: SUBSCRIBED (online-shop)", in the
    shop's time zone.
    """
    zone = config.shop.zone
    date_text = (
        f"said on {format_moment(statement.said_at, zone)}"
        if statement.said_at
        else f"without a date, heard on {format_moment(statement.recorded_at, zone)}"
    )
    actor_text = "" if statement.actor in ("", statement.source) else f", by {statement.actor}"
    return f"{date_text}: {statement.evidence or 'nothing'} ({statement.source}{actor_text})"


def _state_query(customer: int, ground_terms: Sequence[ConsentTerm], now: datetime) -> Any:
    same_customer = and_(col(Basis.customer_id) == col(Customer.id), col(Basis.channel) == EMAIL)
    state = basis_state(col(Customer.id), col(Basis.state), ground_terms, now)
    known = select(state).select_from(Customer).outerjoin(Basis, same_customer)
    return known.where(col(Customer.id) == customer)


def _explain_missing_basis(
    connection: Connection,
    customer: int,
    ground_terms: Sequence[ConsentTerm],
    statements: Sequence[ConsentStatement],
    now: datetime,
) -> str:
    """No opt-in; and why a purchase does not make them an existing customer."""
    consent_text = (
        "their yes was taken back"
        if any(statement.consent == "yes" for statement in statements)
        else "never said yes"
    )
    latest = func.max(col(Order.placed_at))
    last_order = select(latest).where(
        col(Order.customer_id) == customer, col(Order.counts).is_(True)
    )
    reasons = [
        purchase_reason(term, ordered_at, now)
        for term in ground_terms
        if (ordered_at := connection.scalar(last_order.where(col(Order.channel) == term.channel)))
    ]
    return "; ".join([consent_text, *reasons])
