"""Consent statements, and the basis that they come to for each customer.

An opt-out holds until a newer, dated opt-in of the same person. An undated opt-in, as imports
and platform flags give it, never lifts an opt-out; it only outweighs a box that a buyer did not
tick. An unread statement blocks mail as an opt-out
does, but only until the same record of its source says something else.

A yes belongs to the address it was given for, and counts only while its source has the record, with
that address; a no holds for the customer, whatever their addresses.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from shop.consent.mailing_address import update_mailing_addresses
from shop.db import changed_customers
from shop.db.cached_insert import Insert
from shop.db.upsert import IN_VALUES, insert_into, insert_missing
from shop.identity.absence import is_absent_record
from shop.identity.contacts import in_batches
from shop.identity.customers import email_key, lock_identity_writes
from shop.identity.merge import current_customer
from shop.tables import Basis, BasisStatement, Customer, Identity
from shop.types.moment import Moment

EMAIL = "e-mail"
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
# Of a box that was left empty beside a purchase: no opt-out that an opt-in would have to follow.
BEFORE_ANY_OPT_IN = UNDATED - timedelta(days=1)
# As evidence of a source that no longer shows who may be mailed: dated opt-ins are withdrawn too.
WITHDRAWN_EVIDENCE = "the list does not say who may be mailed"
NO_EVIDENCE = ""  # the source says nothing: this withdraws an earlier statement, and is none itself
BATCH_SIZE = 500  # customers recomputed by one statement


class ConsentValue(StrEnum):
    """What a consent statement says."""

    YES = "yes"
    NO = "no"
    NONE = "none"
    UNREAD = "unread"  # the source said something that could not be read; blocks, but not for good


@dataclass(frozen=True)
class DirectStatement:
    """A consent statement that a customer gave to the shop itself, not to a source.

    It is for the address that mail to the customer goes to at that moment.
    """

    customer: int
    consent: ConsentValue
    at: datetime
    evidence: str
    wording: str | None
    actor: str
    source: str


def record_direct_statements(connection: Connection, statements: Sequence[DirectStatement]) -> None:
    """Stores `statements` for the customers that these are today, and recomputes their basis.

    A customer who was merged is followed to the one they were merged into; statements of an unknown
    customer are dropped.
    """
    lock_identity_writes(connection)  # a concurrent sync must not recompute from older statements
    customers = {
        statement: customer_id
        for statement in statements
        if (customer_id := current_customer(connection, statement.customer))
    }
    customer_ids = sorted(set(customers.values()))
    addresses = _customer_addresses(connection, customer_ids)
    rows = [
        _statement_row(statement, customer_id, addresses.get(customer_id))
        for statement, customer_id in customers.items()
    ]
    insert_missing(connection, BasisStatement, rows)
    for start in range(0, len(customer_ids), BATCH_SIZE):
        recompute_basis(connection, customer_ids[start : start + BATCH_SIZE])
    changed_customers.mark_changed(connection, customer_ids)


def record_direct_statement(  # noqa: PLR0913 - a statement's parts, by name only
    connection: Connection,
    customer: int,
    *,
    consent: ConsentValue,
    at: datetime,
    evidence: str,
    wording: str | None,
    actor: str,
    source: str,
) -> int | None:
    """Stores one statement of `customer`; returns their current id, or None for an unknown one."""
    record_direct_statements(
        connection, [DirectStatement(customer, consent, at, evidence, wording, actor, source)]
    )
    return current_customer(connection, customer)


def _customer_addresses(connection: Connection, customer_ids: Collection[int]) -> dict[int, str]:
    return {
        customer: address
        for batch in in_batches(customer_ids)
        for customer, address in connection.execute(_customer_addresses_query(), {"values": batch})
    }


@cache
def _customer_addresses_query() -> Select[Any]:
    columns = select(col(Customer.id), col(Customer.email_key))
    return columns.where(col(Customer.id).in_(IN_VALUES))


def _statement_row(
    statement: DirectStatement, customer: int, address_key: str | None
) -> dict[str, Any]:
    return {
        "customer_id": customer, "source": statement.source, "address_key": address_key,
        "external_id": f"customer {statement.customer}", "channel": EMAIL,
        "says": statement.consent.value, "said_at": statement.at, "recorded_at": statement.at,
        "evidence": statement.evidence, "wording": statement.wording, "actor": statement.actor,
    }  # fmt: skip


def opted_out_since(connection: Connection, address: str, since: datetime) -> bool:
    """Whether an identity with this `address` opted out after `since`.

    An undated opt-out counts from the moment it was recorded.
    """
    parameters = {"address": email_key(address), "since": since}
    return connection.scalar(_opted_out_query(), parameters) is not None


@cache
def _opted_out_query() -> Select[tuple[int | None]]:
    statement = aliased(BasisStatement)
    at_address = col(Identity.email_key) == bindparam("address")
    newer_opt_outs = select(col(statement.id)).where(
        col(statement.customer_id).in_(select(col(Identity.customer_id)).where(at_address)),
        col(statement.channel) == EMAIL,
        col(statement.says) == ConsentValue.NO.value,
        _effective_from(statement) > bindparam("since"),
    )
    return newer_opt_outs.limit(1)


def recompute_basis(connection: Connection, customer_ids: Collection[int]) -> None:
    """Recomputes the basis of `customer_ids` from their statements, and the address that follows
    from it.
    """
    if customer_ids:
        connection.execute(_recompute_query(), {"values": list(customer_ids)})
        update_mailing_addresses(connection, customer_ids)


@cache
def _recompute_query() -> Insert:
    columns = ["customer_id", "channel", "state", "statement_id"]
    statement = insert_into(Basis)
    excluded = statement.excluded
    return statement.from_select(columns, _current_basis()).on_conflict_do_update(
        index_elements=["customer_id", "channel"],
        set_={"state": excluded.state, "statement_id": excluded.statement_id},
    )


def _current_basis() -> Select[tuple[int, str, str, int | None]]:
    """One row per customer: the newest opt-out and the newest statement that could not be read
    against the newest opt-in that still holds.
    """
    latest = _latest_by_customer().cte("latest")
    lifts_no = or_(latest.c.no_at.is_(None), latest.c.yes_at > latest.c.no_at)
    lifts_unread = or_(latest.c.unread_at.is_(None), latest.c.yes_at > latest.c.unread_at)
    opted_in = and_(latest.c.yes_at.is_not(None), lifts_no)
    conditions = {
        ConsentValue.YES: and_(opted_in, lifts_unread),
        ConsentValue.NO: and_(latest.c.no_at.is_not(None), ~func.coalesce(opted_in, false())),
        ConsentValue.UNREAD: latest.c.unread_at.is_not(None),
    }
    state = case(
        *((condition, literal(consent.value)) for consent, condition in conditions.items()),
        else_=literal(ConsentValue.NONE.value),
    )
    customer = latest.c.customer_id
    winner = case(
        *(
            (condition, _statement_id_at(customer, consent, latest.c[f"{consent.value}_at"]))
            for consent, condition in conditions.items()
        )
    )
    # SQLite's parser takes ON CONFLICT for the ON of a join unless there is a WHERE.
    return select(latest.c.customer_id, literal(EMAIL), state, winner).where(literal(1) == 1)


def _latest_by_customer() -> Select[Any]:
    statement = aliased(BasisStatement)
    is_opt_out = col(statement.says) == ConsentValue.NO.value
    is_opt_in = _is_opt_in(statement)
    is_unread = _is_unread(statement)
    effective_from = _effective_from(statement)
    return (
        select(
            col(statement.customer_id).label("customer_id"),
            func.max(case((is_opt_out, effective_from))).label("no_at"),
            func.max(case((is_unread, effective_from))).label("unread_at"),
            func.max(case((is_opt_in, effective_from))).label("yes_at"),
        )
        .where(col(statement.customer_id).in_(IN_VALUES), col(statement.channel) == EMAIL)
        .group_by(col(statement.customer_id))
    )


def _effective_from(statement: type[BasisStatement]) -> ColumnElement[datetime]:
    """An undated opt-out counts from its recording, as does an unread statement; an undated opt-in
    from before any opt-out.
    """
    from_recording = and_(
        col(statement.says).in_([ConsentValue.NO.value, ConsentValue.UNREAD.value]),
        col(statement.said_at) == UNDATED,
    )
    return type_coerce(
        case((from_recording, col(statement.recorded_at)), else_=col(statement.said_at)), Moment
    )


def _statement_id_at(customer: Any, consent: ConsentValue, at: Any) -> ColumnElement[int | None]:
    """The statement that decides, so that it can be quoted and its address used."""
    statement = aliased(BasisStatement)
    conditions = {
        ConsentValue.YES: _is_opt_in(statement),
        ConsentValue.NO: col(statement.says) == ConsentValue.NO.value,
        ConsentValue.UNREAD: _is_unread(statement),
    }
    return (
        select(func.max(col(statement.id)))
        .where(
            col(statement.customer_id) == customer,
            col(statement.channel) == EMAIL,
            conditions[consent],
            _effective_from(statement) == at,
        )
        .scalar_subquery()
    )


def _is_opt_in(statement: type[BasisStatement]) -> ColumnElement[bool]:
    """An opt-in that still holds: not withdrawn, of a record that its source still has, and for the
    address that the record has now.
    """
    other_address = (
        select(col(Identity.id))
        .where(
            col(Identity.source) == col(statement.source),
            col(Identity.external_id) == col(statement.external_id),
            col(Identity.email_key).is_distinct_from(col(statement.address_key)),
        )
        .exists()
    )
    return and_(
        col(statement.says) == ConsentValue.YES.value,
        col(statement.address_key).is_not(None),
        ~other_address,
        ~_withdrawn(statement),
        ~is_absent_record(col(statement.source), col(statement.external_id)),
    )


def _is_unread(statement: type[BasisStatement]) -> ColumnElement[bool]:
    return and_(col(statement.says) == ConsentValue.UNREAD.value, ~_replaced(statement))


def _withdrawn(statement: type[BasisStatement]) -> ColumnElement[bool]:
    """The source that said yes before says nothing since.

    Of two statements without a date the one that was recorded later counts, by its id: the clock
    may have been wrong. Of two with one date the withdrawal counts. A withdrawal without a date is
    of what was recorded before it: a date that is stated again counts again.
    """
    later = aliased(BasisStatement)
    both_undated = and_(col(later.said_at) == UNDATED, col(statement.said_at) == UNDATED)
    return (
        select(col(later.id))
        .where(
            col(later.source) == col(statement.source),
            col(later.external_id) == col(statement.external_id),
            col(later.channel) == col(statement.channel),
            col(later.says) == ConsentValue.NONE.value,
            or_(col(later.said_at) != UNDATED, col(later.id) > col(statement.id)),
            or_(
                and_(both_undated, col(later.id) > col(statement.id)),
                and_(~both_undated, _withdrawal_order(later) >= _withdrawal_order(statement)),
            ),
        )
        .exists()
    )


def _replaced(statement: type[BasisStatement]) -> ColumnElement[bool]:
    """The same record of the source has made another statement since.

    Each order is an actor of its own: a box that was ticked in one earlier says nothing about words
    that were read later, in another order or in the customer's record.
    """
    later = aliased(BasisStatement)
    is_correction = or_(
        col(later.actor) == col(statement.actor),
        col(later.said_at) == UNDATED,
        col(later.said_at) > _effective_from(statement),
    )
    return (
        select(col(later.id))
        .where(
            col(later.source) == col(statement.source),
            col(later.external_id) == col(statement.external_id),
            col(later.channel) == col(statement.channel),
            col(later.id) > col(statement.id),
            is_correction,
        )
        .exists()
    )


def _withdrawal_order(statement: type[BasisStatement]) -> ColumnElement[datetime]:
    """The date of the statement, or of its recording where it has none."""
    undated = col(statement.said_at) == UNDATED
    return type_coerce(
        case((undated, col(statement.recorded_at)), else_=col(statement.said_at)), Moment
    )
