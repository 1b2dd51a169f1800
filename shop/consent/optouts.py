"""Every address that must get nothing: who said no, who complained, what is suppressed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Select, literal, select, union_all
from sqlmodel import col

from shop.consent.basis import EMAIL, Says
from shop.consent.suppressions import suppressed
from shop.tables import Basis, BasisStatement, Contact, Customer, Identity, Suppression


@dataclass(frozen=True)
class No:
    address: str
    since: datetime
    reason: str


def all_noes(connection: Connection) -> Iterator[No]:
    """An address a row, by the alphabet; what suppresses it is told before what was said."""
    both = union_all(_suppressed(), *_said()).subquery()
    ordered = select(both).order_by(both.c.address, both.c.rank, both.c.since)
    last = None
    for row in connection.execution_options(yield_per=1_000).execute(ordered):
        if row.address and row.address != last:
            last = row.address
            yield No(row.address, row.since, row.reason)


Said = Select[tuple[str, datetime, str, int]]


def _suppressed() -> Said:
    found: Any = select(
        col(Suppression.address).label("address"),
        col(Suppression.since).label("since"),
        col(Suppression.reason).label("reason"),
        literal(0).label("rank"),
    ).where(suppressed())
    return cast("Said", found)


def _said() -> tuple[Said, ...]:
    """A person's no is one at every address they ever had."""
    theirs = col(Identity.customer_id) == col(Customer.id)
    had = (col(Contact.identity_id) == col(Identity.id)) & (col(Contact.channel) == EMAIL)
    return (
        _noes_at(col(Customer.email_key)),
        _noes_at(col(Identity.email_key)).join(Identity, theirs),
        _noes_at(col(Contact.key)).join(Identity, theirs).join(Contact, had),
    )


def _noes_at(address: Any) -> Said:
    return (
        select(
            address.label("address"),
            col(BasisStatement.said_at).label("since"),
            literal("said no").label("reason"),
            literal(1).label("rank"),
        )
        .select_from(Basis)
        .join(BasisStatement, col(BasisStatement.id) == col(Basis.statement_id))
        .join(Customer, col(Customer.id) == col(Basis.customer_id))
        .where(col(Basis.channel) == EMAIL, col(Basis.state) == Says.NO.value)
    )
