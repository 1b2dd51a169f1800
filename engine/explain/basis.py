"""The legal basis for mailing one customer, with the reason and the history of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from shop.consent.basis import EMAIL, ConsentStatement, consent_history
from shop.consent.existing_customer import (
    BasisState,
    ConsentTerm,
    basis_state,
    consent_terms,
    purchase_evidence,
    purchase_reason,
)
from shop.identity.absence import CONFIRMED
from shop.tables import Basis, Customer, Identity, Order


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
    elif state is BasisState.GONE:
        reason = "; ".join(_explain_absences(connection, config, customer))
    elif state is BasisState.NONE:
        reason = _explain_missing_basis(connection, config, customer, statements, now)
    else:
        deciding = [statement for statement in statements if statement.decides]
        reason = describe_statement(deciding[-1], config) if deciding else ""
    return BasisExplanation(state, reason, statements)


def describe_statement(statement: ConsentStatement, config: OwnerConfig) -> str:
    """Return a sentence such as "said on 3 May 2025, 10:00: SUBSCRIBED (online-shop)", in the
    shop's time zone.
    """
    sentences = config.language.sentences("explain")
    moment = (statement.said_at or statement.recorded_at).astimezone(config.shop.zone)
    date_text = sentences.SAID_ON if statement.said_at else sentences.UNDATED
    by_itself = statement.actor in ("", statement.source)
    source_text = "{source}" if by_itself else sentences.SOURCE_AND_ACTOR
    text: str = sentences.STATEMENT.format(
        date=date_text.format(moment=config.language.date_and_time(moment)),
        evidence=statement.evidence or sentences.NO_EVIDENCE,
        source=source_text.format(source=statement.source, actor=statement.actor),
    )
    return text


def _state_query(customer: int, ground_terms: Sequence[ConsentTerm], now: datetime) -> Any:
    same_customer = and_(col(Basis.customer_id) == col(Customer.id), col(Basis.channel) == EMAIL)
    state = basis_state(col(Customer.id), col(Basis.state), ground_terms, now)
    query = select(state).select_from(Customer).outerjoin(Basis, same_customer)
    return query.where(col(Customer.id) == customer)


def _explain_missing_basis(
    connection: Connection,
    config: OwnerConfig,
    customer: int,
    statements: Sequence[ConsentStatement],
    now: datetime,
) -> str:
    """No opt-in; and why a purchase does not make them an existing customer."""
    sentences = config.language.sentences("explain")
    opted_in = any(statement.consent == "yes" for statement in statements)
    consent_text = sentences.OPT_IN_REVOKED if opted_in else sentences.NEVER_OPTED_IN
    latest = func.max(col(Order.placed_at))
    last_order = select(latest).where(
        col(Order.customer_id) == customer, col(Order.counts).is_(True)
    )
    reasons = [
        purchase_reason(term, ordered_at, now)
        for term in consent_terms(config.consent, config.shop.country, config.shop.zone)
        if (ordered_at := connection.scalar(last_order.where(col(Order.channel) == term.channel)))
    ]
    absences = _explain_absences(connection, config, customer) if opted_in else []
    return "; ".join([*(absences or [consent_text]), *reasons])


def _explain_absences(connection: Connection, config: OwnerConfig, customer: int) -> list[str]:
    """One sentence for each record of `customer` that its source no longer has."""
    sentences = config.language.sentences("explain")
    absent = select(col(Identity.source), col(Identity.absence), col(Identity.absent_since)).where(
        col(Identity.customer_id) == customer, col(Identity.absence).in_(CONFIRMED)
    )
    return [
        sentences.ABSENCES[absence].format(
            source=source,
            moment=config.language.date_and_time(since.astimezone(config.shop.zone)),
        )
        for source, absence, since in connection.execute(absent).all()
    ]
