"""Consent statements, and the basis that they come to for each customer.

An opt-out holds until a newer, dated opt-in of the same person. An undated opt-in, as imports
and platform flags give it, never lifts an opt-out. An unread statement blocks mail as an opt-out
does, but only until the same record of its source says something else. A yes counts only while
its source has the record.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
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
from sqlalchemy.engine import RowMapping
from sqlalchemy.orm import aliased
from sqlmodel import col

from shop.db import changed_customers
from shop.db.cached_insert import Insert
from shop.db.upsert import IN_VALUES, Row, insert_into, insert_missing, table_of
from shop.identity.absence import is_absent_record
from shop.identity.customers import email_key, lock_identity_writes
from shop.identity.merge import current_customer
from shop.tables import Basis, BasisStatement, Identity
from shop.types.moment import Moment

EMAIL = "e-mail"
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
NO_EVIDENCE = ""  # the source says nothing: this withdraws an earlier statement, and is none itself
BATCH_SIZE = 500  # customers recomputed by one statement
SUBJECT_COLUMNS = ("source", "external_id", "channel")


class ConsentValue(StrEnum):
    """What a consent statement says."""

    YES = "yes"
    NO = "no"
    NONE = "none"
    UNREAD = "unread"  # the source said something that could not be read; blocks, but not for good


def record_statements(connection: Connection, statements: Sequence[Row]) -> None:
    """Stores the rows of `statements` that are new.

    A dated statement is new once, and once more after an unread one. An undated one is new when it
    differs from the latest statement of that identity. A source that says nothing withdraws only
    what it said undated: it is silent about a dated statement, such as a box ticked in an order.
    An unread statement is new when it differs from the latest undated one.
    """
    if not statements:
        return
    previous = _load_previous(connection, statements)
    new_rows = [row for row in statements if _is_new(row, previous)]
    insert_missing(connection, BasisStatement, new_rows)


StatementSubject = tuple[str, str, str]


@dataclass(frozen=True)
class _PreviousStatements:
    """The keys of dated statements, and what each identity said last."""

    dated_keys: set[tuple[StatementSubject, str, datetime]] = field(default_factory=set)
    latest: dict[StatementSubject, str] = field(default_factory=dict)
    latest_undated: dict[StatementSubject, str] = field(default_factory=dict)


def _is_new(row: Row, previous: _PreviousStatements) -> bool:
    if row["said_at"] != UNDATED:
        replaces_unread = previous.latest.get(_subject(row)) == ConsentValue.UNREAD
        return replaces_unread or _dated_key(row) not in previous.dated_keys
    says: str = row["says"]
    if says == ConsentValue.UNREAD:
        return previous.latest_undated.get(_subject(row)) != says
    if row["evidence"] == NO_EVIDENCE:
        return previous.latest_undated.get(_subject(row), ConsentValue.NONE.value) != says
    return previous.latest.get(_subject(row)) != says


def _load_previous(connection: Connection, statements: Sequence[Row]) -> _PreviousStatements:
    """Returns what is stored of the identities in `statements`."""
    parameters = {
        "sources": list({row["source"] for row in statements}),
        "values": list({row["external_id"] for row in statements}),
    }
    previous = _PreviousStatements()
    for row in connection.execute(_previous_query(), parameters).mappings():
        previous.latest[_subject(row)] = row["says"]
        if row["said_at"] == UNDATED:
            previous.latest_undated[_subject(row)] = row["says"]
        else:
            previous.dated_keys.add(_dated_key(row))
    return previous


@cache
def _previous_query() -> Select[Any]:
    statements = table_of(BasisStatement)
    return (
        select(*(statements.c[name] for name in (*SUBJECT_COLUMNS, "says", "said_at")))
        .where(
            statements.c.source.in_(bindparam("sources", expanding=True)),
            statements.c.external_id.in_(IN_VALUES),
        )
        .order_by(statements.c.id)
    )


def _subject(row: Row | RowMapping) -> StatementSubject:
    return row["source"], row["external_id"], row["channel"]


def _dated_key(row: Row | RowMapping) -> tuple[StatementSubject, str, datetime]:
    return _subject(row), row["says"], row["said_at"]


@dataclass(frozen=True)
class DirectStatement:
    """A consent statement that a customer gave to the shop itself, not to a source."""

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
    rows = [
        _statement_row(statement, current_id)
        for statement in statements
        if (current_id := current_customer(connection, statement.customer))
    ]
    insert_missing(connection, BasisStatement, rows)
    customer_ids = sorted({row["customer_id"] for row in rows})
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


def _statement_row(statement: DirectStatement, customer: int) -> dict[str, Any]:
    return {
        "customer_id": customer, "source": statement.source,
        "external_id": f"customer {statement.customer}", "channel": EMAIL,
        "says": statement.consent.value, "said_at": statement.at, "recorded_at": statement.at,
        "evidence": statement.evidence, "wording": statement.wording, "actor": statement.actor,
    }  # fmt: skip


@dataclass(frozen=True)
class ConsentStatement:
    """A stored consent statement, as it is shown to the owner."""

    consent: ConsentValue
    said_at: datetime | None  # None where the source gives no date
    recorded_at: datetime
    evidence: str
    wording: str | None
    actor: str
    source: str
    decides: bool  # the current basis follows from this statement


def consent_history(connection: Connection, customer: int) -> list[ConsentStatement]:
    """Returns all statements of `customer`, in the order in which they were recorded."""
    return [
        ConsentStatement(ConsentValue(consent), None if at == UNDATED else at, *columns)
        for consent, at, *columns in connection.execute(_history_query(), {"customer": customer})
    ]


@cache
def _history_query() -> Select[Any]:
    statements, current_basis = table_of(BasisStatement), table_of(Basis)
    customer: BindParameter[int] = bindparam("customer")
    decides = and_(
        current_basis.c.customer_id == customer, current_basis.c.statement_id == statements.c.id
    )
    columns = ("says", "said_at", "recorded_at", "evidence", "wording", "actor", "source")
    return (
        select(*(statements.c[name] for name in columns), current_basis.c.statement_id.is_not(None))
        .outerjoin_from(statements, current_basis, decides)
        .where(statements.c.customer_id == customer, statements.c.channel == EMAIL)
        .order_by(statements.c.recorded_at, statements.c.id)
    )


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
    """Recomputes the basis of `customer_ids` from their statements, in one statement."""
    if customer_ids:
        connection.execute(_recompute_query(), {"values": list(customer_ids)})


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
    is_opt_in = and_(
        col(statement.says) == ConsentValue.YES.value,
        ~_withdrawn(statement),
        ~is_absent_record(col(statement.source), col(statement.external_id)),
    )
    is_unread = and_(col(statement.says) == ConsentValue.UNREAD.value, ~_replaced(statement))
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
    """The statement that decides, so that it can be quoted."""
    statement = aliased(BasisStatement)
    return (
        select(func.max(col(statement.id)))
        .where(
            col(statement.customer_id) == customer,
            col(statement.channel) == EMAIL,
            col(statement.says) == consent.value,
            _effective_from(statement) == at,
        )
        .scalar_subquery()
    )


def _withdrawn(statement: type[BasisStatement]) -> ColumnElement[bool]:
    """The source that said yes before says nothing since.

    Of two statements without a date the one that was recorded later counts, by its id: the clock
    may have been wrong. Of two with one date the withdrawal counts.
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
            or_(
                and_(both_undated, col(later.id) > col(statement.id)),
                and_(~both_undated, _withdrawal_order(later) >= _withdrawal_order(statement)),
            ),
        )
        .exists()
    )


def _replaced(statement: type[BasisStatement]) -> ColumnElement[bool]:
    """The same record of the source has made another statement since."""
    later = aliased(BasisStatement)
    return (
        select(col(later.id))
        .where(
            col(later.source) == col(statement.source),
            col(later.external_id) == col(statement.external_id),
            col(later.channel) == col(statement.channel),
            col(later.id) > col(statement.id),
        )
        .exists()
    )


def _withdrawal_order(statement: type[BasisStatement]) -> ColumnElement[datetime]:
    """The date of the statement, or of its recording where it has none."""
    undated = col(statement.said_at) == UNDATED
    return type_coerce(
        case((undated, col(statement.recorded_at)), else_=col(statement.said_at)), Moment
    )
