"""Every address that must get no mail: opt-outs, complaints and suppressions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Select, literal, select, union_all
from sqlmodel import col

from shop.consent.basis import EMAIL, ConsentValue
from shop.consent.suppressions import is_suppressed
from shop.tables import Basis, BasisStatement, Contact, Customer, Identity, Suppression


@dataclass(frozen=True)
class OptOut:
    """An address that must get no mail, with its date and reason."""

    address: str
    since: datetime
    reason: str


def iter_opt_outs(connection: Connection) -> Iterator[OptOut]:
    """Yields one `OptOut` per address, sorted by address; a suppression comes before an opt-out."""
    opt_outs = union_all(_suppressed_addresses(), *_declared_opt_outs()).subquery()
    ordered = select(opt_outs).order_by(opt_outs.c.address, opt_outs.c.rank, opt_outs.c.since)
    previous_address = None
    for row in connection.execution_options(yield_per=1_000).execute(ordered):
        if row.address and row.address != previous_address:
            previous_address = row.address
            yield OptOut(row.address, row.since, row.reason)


OptOutSelect = Select[tuple[str, datetime, str, int]]


def _suppressed_addresses() -> OptOutSelect:
    statement: Any = select(
        col(Suppression.address).label("address"),
        col(Suppression.since).label("since"),
        col(Suppression.reason).label("reason"),
        literal(0).label("rank"),
    ).where(is_suppressed())
    return cast("OptOutSelect", statement)


def _declared_opt_outs() -> tuple[OptOutSelect, ...]:
    """A customer's opt-out holds for every address they ever had."""
    of_customer = col(Identity.customer_id) == col(Customer.id)
    of_identity = (col(Contact.identity_id) == col(Identity.id)) & (col(Contact.channel) == EMAIL)
    return (
        _opt_outs_at(col(Customer.email_key)),
        _opt_outs_at(col(Identity.email_key)).join(Identity, of_customer),
        _opt_outs_at(col(Contact.key)).join(Identity, of_customer).join(Contact, of_identity),
    )


def _opt_outs_at(address: Any) -> OptOutSelect:
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
        .where(col(Basis.channel) == EMAIL, col(Basis.state) == ConsentValue.NO.value)
    )
