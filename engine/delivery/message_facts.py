"""What may change between the decision about a message and the moment at which it leaves.

A message leaves only while these facts are as they were when the gate decided about it. The query
that loads a batch and the one that reads what is left of it again share columns and joins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    select,
)
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from shop.consent.basis import EMAIL
from shop.consent.existing_customer import ConsentTerm, basis_state, consent_terms
from shop.consent.suppressions import is_suppressed
from shop.db.stops import is_stopped
from shop.db.upsert import IN_VALUES
from shop.tables import Basis, Cart, Customer, Enrolment, Message, Suppression
from triggers.trigger import ParameterTerm, bought_since_parameter


class MessageFacts(NamedTuple):
    """What the gate decides by and an opt-out, a bounce or a sync may change."""

    customer_id: int
    email: str | None
    basis: str  # a BasisState
    suppressed: str | None  # why its address gets no mail
    timezone: str | None
    birthday: str | None
    left_at: datetime | None  # when the cart was last touched


def message_facts(row: Row[Any]) -> MessageFacts:
    """Returns the facts of a row that was selected with `fact_columns`."""
    return MessageFacts(*_fact_values(row))


_fact_values = attrgetter(*MessageFacts._fields)


def load_current_facts(
    connection: Connection, config: OwnerConfig, message_ids: Sequence[str], *, now: datetime
) -> dict[str, MessageFacts]:
    """Returns the facts of `message_ids` as they are stored now, by one statement.

    Messages to which a stop of the owner applies are left out.
    """
    terms = existing_customer_terms(config)
    query = _current_facts_query(*parameter_terms(terms))
    parameters = {"values": message_ids} | term_parameters(terms, now)
    return {row.id: message_facts(row) for row in connection.execute(query, parameters)}


def existing_customer_terms(config: OwnerConfig) -> tuple[ConsentTerm, ...]:
    """Returns under which terms a purchase makes an existing customer, by the owner's config."""
    return consent_terms(config.consent, config.shop.country, config.shop.zone)


def parameter_terms(terms: Iterable[ConsentTerm]) -> list[ParameterTerm]:
    """Returns `terms` for a statement that gets their dates by `term_parameters`."""
    return list(dict.fromkeys(ParameterTerm(term.channel) for term in terms))


def term_parameters(terms: Iterable[ConsentTerm], now: datetime) -> dict[str, datetime]:
    """Returns the parameters of a statement that was built with `parameter_terms`."""
    bought_since = {
        bought_since_parameter(term.channel).key: term.earliest_purchase(now) for term in terms
    }
    return bought_since | {"now": now}


def fact_columns(terms: Sequence[ParameterTerm]) -> tuple[SQLColumnExpression[Any], ...]:
    """Returns the columns of `MessageFacts`, in a statement joined by `join_facts`."""
    state = basis_state(col(Customer.id), col(Basis.state), terms, bindparam("now"))
    return (
        col(Message.customer_id), col(Customer.email), state.label("basis"),
        col(Suppression.reason).label("suppressed"), col(Customer.timezone),
        col(Customer.birthday), col(Cart.left_at),
    )  # fmt: skip


def join_facts(query: Select[Any]) -> Select[Any]:
    """Joins everything that `fact_columns` needs to a `query` of messages."""
    basis_of_customer = and_(
        col(Basis.customer_id) == col(Message.customer_id), col(Basis.channel) == EMAIL
    )
    is_own = col(Suppression.address) == Customer.email_key
    return (
        query.join(Enrolment, col(Enrolment.id) == col(Message.enrolment_id))
        .join(Customer, col(Customer.id) == col(Message.customer_id))
        .outerjoin(Basis, basis_of_customer)
        .outerjoin(Suppression, and_(is_own, is_suppressed()))
        .outerjoin(Cart, is_subject("cart", col(Cart.id)))
    )


def is_subject(kind: str, row_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """SQL condition: the row of this `kind` is what the enrolment is about."""
    return and_(col(Enrolment.subject_kind) == kind, row_id == Enrolment.subject_id)


@cache
def _current_facts_query(*terms: ParameterTerm) -> Select[Any]:
    query = join_facts(select(col(Message.id), *fact_columns(terms)))
    return query.where(col(Message.id).in_(IN_VALUES), ~is_stopped())
