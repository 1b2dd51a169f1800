"""The legal basis for mailing one customer, with the reason and the history of statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from shop.consent.basis import EMAIL, ConsentValue
from shop.consent.existing_customer import (
    BasisState,
    ConsentTerm,
    basis_state,
    consent_terms,
    purchase_evidence,
    purchase_reason,
)
from shop.consent.history import ConsentStatement, consent_history
from shop.identity.absence import CONFIRMED
from shop.tables import Basis, Customer, Identity, Order
from templates.language import ENGLISH, owner_sentences


@dataclass(frozen=True)
class BasisExplanation:
    """The consent state that holds now, its reason, every statement of the customer, and the folded
    address that mail goes to.
    """

    state: BasisState
    reason: str
    history: Sequence[ConsentStatement]
    address: str | None = None


def explain_basis(
    connection: Connection, config: OwnerConfig, customer: int, *, now: datetime
) -> BasisExplanation:
    """Return the basis that the gate would find for `customer` at `now`, and why."""
    ground_terms = consent_terms(config.consent, config.shop.country, config.shop.zone)
    state_text, address = connection.execute(_state_query(customer, ground_terms, now)).one()
    state = BasisState(state_text)
    statements = consent_history(connection, customer)
    if state is BasisState.EXISTING:
        reason = purchase_evidence(connection, [customer], ground_terms, now).get(customer, "")
    elif state is BasisState.GONE:
        reason = "; ".join(_explain_absences(connection, config, customer))
    elif state is BasisState.NONE:
        opted_in = any(statement.consent == ConsentValue.YES for statement in statements)
        absences = _explain_absences(connection, config, customer) if opted_in else []
        texts = [
            *(absences or [_explain_missing_opt_in(config, statements, address)]),
            *_explain_purchases(connection, config, customer, address, now),
        ]
        reason = "; ".join(texts)
    else:
        deciding = [statement for statement in statements if statement.decides]
        reason = describe_statement(deciding[-1], config, address) if deciding else ""
    return BasisExplanation(state, reason, statements, address)


def describe_statement(
    statement: ConsentStatement, config: OwnerConfig, address: str | None
) -> str:
    """Return a sentence such as "said on 3 May 2025, 10:00: SUBSCRIBED (online-shop)", in the
    shop's time zone; an opt-in for another address than `address` with that address.
    """
    sentences = owner_sentences("explain")
    moment = (statement.said_at or statement.recorded_at).astimezone(config.shop.zone)
    date_text = sentences.SAID_ON if statement.said_at else sentences.UNDATED
    by_itself = statement.actor in ("", statement.source)
    source_text = "{source}" if by_itself else sentences.SOURCE_AND_ACTOR
    text: str = sentences.STATEMENT.format(
        date=date_text.format(moment=ENGLISH.date_and_time(moment)),
        evidence=statement.evidence or sentences.NO_EVIDENCE,
        address=sentences.FOR_ADDRESS.format(address=statement.address_key)
        if statement.consent == ConsentValue.YES and statement.address_key not in (None, address)
        else "",
        source=source_text.format(source=statement.source, actor=statement.actor),
    )
    return text


def _state_query(customer: int, ground_terms: Sequence[ConsentTerm], now: datetime) -> Any:
    same_customer = and_(col(Basis.customer_id) == col(Customer.id), col(Basis.channel) == EMAIL)
    state = basis_state(col(Customer.id), col(Basis.state), ground_terms, now)
    columns = select(state, col(Customer.email_key)).select_from(Customer)
    query = columns.outerjoin(Basis, same_customer)
    return query.where(col(Customer.id) == customer)


def _explain_missing_opt_in(
    config: OwnerConfig, statements: Sequence[ConsentStatement], address: str | None
) -> str:
    """Says what became of the latest opt-in, if there was one; `address` is where mail goes."""
    sentences = owner_sentences("explain")
    latest = max(
        (place for place, row in enumerate(statements) if row.consent == ConsentValue.YES),
        default=None,
    )
    if latest is None:
        return str(sentences.NEVER_OPTED_IN)
    opt_in = statements[latest]
    withdrawn = any(
        row.consent == ConsentValue.NONE and row.source == opt_in.source
        for row in statements[latest:]
    )
    if opt_in.address_key is None and not withdrawn:
        return str(sentences.OPT_IN_WITHOUT_ADDRESS)
    if opt_in.address_key == address or withdrawn:
        return str(sentences.OPT_IN_REVOKED)
    return str(sentences.OPT_IN_OF_OTHER_ADDRESS.format(address=opt_in.address_key))


def _explain_purchases(
    connection: Connection, config: OwnerConfig, customer: int, address: str | None, now: datetime
) -> Iterator[str]:
    """Why the latest purchase at each place makes no existing customer."""
    for term in consent_terms(config.consent, config.shop.country, config.shop.zone):
        parameters = {"customer": customer, "channel": term.channel}
        if purchase := connection.execute(_latest_purchase_query(), parameters).first():
            reason = purchase_reason(term, purchase.placed_at, now)
            sentences = owner_sentences("explain")
            with_address = address and purchase.email_key == address
            yield reason if with_address else sentences.BOUGHT_ELSEWHERE.format(reason=reason)


@cache
def _latest_purchase_query() -> Select[Any]:
    same_record = and_(
        col(Identity.source) == col(Order.customer_source),
        col(Identity.external_id) == col(Order.customer_key),
    )
    return (
        select(col(Order.placed_at), col(Identity.email_key))
        .outerjoin(Identity, same_record)
        .where(
            col(Order.customer_id) == bindparam("customer"),
            col(Order.counts).is_(True),
            col(Order.channel) == bindparam("channel"),
        )
        .order_by(col(Order.placed_at).desc(), col(Order.id).desc())
        .limit(1)
    )


def _explain_absences(connection: Connection, config: OwnerConfig, customer: int) -> list[str]:
    """One sentence for each record of `customer` that its source no longer has."""
    sentences = owner_sentences("explain")
    absent = select(col(Identity.source), col(Identity.absence), col(Identity.absent_since)).where(
        col(Identity.customer_id) == customer, col(Identity.absence).in_(CONFIRMED)
    )
    return [
        sentences.ABSENCES[absence].format(
            source=source,
            moment=ENGLISH.date_and_time(since.astimezone(config.shop.zone)),
        )
        for source, absence, since in connection.execute(absent).all()
    ]
