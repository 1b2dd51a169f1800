"""Stores the consent statements that come with the records of the sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, bindparam, select
from sqlalchemy.engine import RowMapping

from shop.consent.basis import NO_EVIDENCE, UNDATED, WITHDRAWN_EVIDENCE, ConsentValue
from shop.db.upsert import IN_VALUES, Row, insert_missing, table_of
from shop.tables import BasisStatement, Identity

SUBJECT_COLUMNS = ("source", "external_id", "channel")
StatementSubject = tuple[str, str, str]
DatedKey = tuple[StatementSubject, str, datetime]


def record_statements(connection: Connection, statements: Sequence[Row]) -> None:
    """Stores the rows of `statements` that are new.

    A dated statement is new once, and once more after the record said nothing or was not read. An
    undated one is new when it differs from the latest statement of that identity. A source that
    says nothing withdraws only what it said undated: it is silent about a dated statement, such as
    a box ticked in an order; a list that no longer says who may be mailed withdraws that too.
    An unread statement is new when it differs from the latest undated one, and an undated opt-in
    also when it is for another address: the source says it of that one too. A dated opt-in is of
    one act, for the address that was first reported with it, so an address that was edited later
    makes no new one. Rows without `address_key` get the address of their record.
    """
    if not statements:
        return
    statements = _with_addresses(connection, statements)
    previous = _load_previous(connection, statements)
    new_rows = [row for row in statements if _is_new(row, previous)]
    insert_missing(connection, BasisStatement, new_rows)


def count_withdrawn(connection: Connection, statements: Sequence[Row]) -> Counter[str]:
    """Returns, by reason, the records whose last statement is a yes and that now say anything else.

    To be called before `statements` are recorded. A reason is the evidence without what it said,
    like "column Newsletter of customers.csv".
    """
    refusals = [row for row in statements if row["says"] != ConsentValue.YES]
    if not refusals:
        return Counter()
    latest = _load_previous(connection, refusals).latest
    reasons = {
        _subject(row): str(row["evidence"]).partition(" said ")[0]
        for row in refusals
        if latest.get(_subject(row)) == ConsentValue.YES
    }
    return Counter(reasons.values())


def _with_addresses(connection: Connection, statements: Sequence[Row]) -> list[Row]:
    addresses = {
        (row["source"], row["external_id"]): row["email_key"]
        for row in connection.execute(_addresses_query(), _record_keys(statements)).mappings()
    }
    return [
        {"address_key": addresses.get((row["source"], row["external_id"])), **row}
        for row in statements
    ]


@cache
def _addresses_query() -> Select[Any]:
    identities = table_of(Identity)
    names = ("source", "external_id", "email_key")
    return select(*(identities.c[name] for name in names)).where(_named_records(identities))


def _record_keys(statements: Sequence[Row]) -> dict[str, list[str]]:
    return {
        "sources": list({row["source"] for row in statements}),
        "values": list({row["external_id"] for row in statements}),
    }


def _named_records(table: Table) -> ColumnElement[bool]:
    """Takes the parameters that `_record_keys` returns."""
    return and_(
        table.c.source.in_(bindparam("sources", expanding=True)), table.c.external_id.in_(IN_VALUES)
    )


@dataclass(frozen=True)
class _PreviousStatements:
    """The addresses of dated statements by their key, and what each identity said last."""

    addresses: dict[DatedKey, set[str | None]] = field(default_factory=dict)
    latest: dict[StatementSubject, str] = field(default_factory=dict)
    latest_address: dict[StatementSubject, str | None] = field(default_factory=dict)
    latest_undated: dict[StatementSubject, str] = field(default_factory=dict)


def _is_new(row: Row, previous: _PreviousStatements) -> bool:
    if row["said_at"] != UNDATED:
        return _is_new_dated(row, previous)
    says: str = row["says"]
    if says == ConsentValue.UNREAD:
        return previous.latest.get(_subject(row)) != says
    if row["evidence"] == WITHDRAWN_EVIDENCE:
        return previous.latest.get(_subject(row), ConsentValue.NONE.value) != says
    latest_undated = previous.latest_undated.get(_subject(row), ConsentValue.NONE.value)
    if row["evidence"] == NO_EVIDENCE:
        return latest_undated != says
    # An old order may have said no: said without a date, it holds from today on.
    is_fresh_no = says == ConsentValue.NO and latest_undated != says
    is_other_address = (
        says == ConsentValue.YES
        and previous.latest_address.get(_subject(row)) != row["address_key"]
    )
    return is_fresh_no or is_other_address or previous.latest.get(_subject(row)) != says


def _is_new_dated(row: Row, previous: _PreviousStatements) -> bool:
    addresses = previous.addresses.get(_dated_key(row), set())
    given_for = addresses - {None}
    if row["says"] == ConsentValue.YES and given_for and row["address_key"] not in given_for:
        return False
    latest = previous.latest.get(_subject(row))
    is_restated = latest in (ConsentValue.UNREAD, ConsentValue.NONE) and latest != row["says"]
    is_addressed = row["says"] == ConsentValue.YES and row["address_key"] not in addresses
    return is_restated or is_addressed or not addresses


def _load_previous(connection: Connection, statements: Sequence[Row]) -> _PreviousStatements:
    """Returns what is stored of the identities in `statements`."""
    previous = _PreviousStatements()
    for row in connection.execute(_previous_query(), _record_keys(statements)).mappings():
        previous.latest[_subject(row)] = row["says"]
        previous.latest_address[_subject(row)] = row["address_key"]
        if row["said_at"] == UNDATED:
            previous.latest_undated[_subject(row)] = row["says"]
        else:
            previous.addresses.setdefault(_dated_key(row), set()).add(row["address_key"])
    return previous


@cache
def _previous_query() -> Select[Any]:
    statements = table_of(BasisStatement)
    names = (*SUBJECT_COLUMNS, "says", "said_at", "address_key")
    columns = select(*(statements.c[name] for name in names))
    return columns.where(_named_records(statements)).order_by(statements.c.id)


def _subject(row: Row | RowMapping) -> StatementSubject:
    return row["source"], row["external_id"], row["channel"]


def _dated_key(row: Row | RowMapping) -> DatedKey:
    return _subject(row), row["says"], row["said_at"]
