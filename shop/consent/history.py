"""The consent statements of one customer, as they are shown to the owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, select

from shop.consent.basis import EMAIL, UNDATED, ConsentValue
from shop.db.upsert import table_of
from shop.tables import Basis, BasisStatement


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
    address_key: str | None  # the address it was given for, folded
    decides: bool  # the current basis follows from this statement


def consent_history(connection: Connection, customer: int) -> list[ConsentStatement]:
    """Returns all statements of `customer`, in the order in which they were recorded."""
    return [
        ConsentStatement(ConsentValue(consent), None if at <= UNDATED else at, *columns)
        for consent, at, *columns in connection.execute(_history_query(), {"customer": customer})
    ]


@cache
def _history_query() -> Select[Any]:
    statements, current_basis = table_of(BasisStatement), table_of(Basis)
    customer: BindParameter[int] = bindparam("customer")
    decides = and_(
        current_basis.c.customer_id == customer, current_basis.c.statement_id == statements.c.id
    )
    columns = (
        "says", "said_at", "recorded_at", "evidence", "wording", "actor", "source", "address_key",
    )  # fmt: skip
    return (
        select(*(statements.c[name] for name in columns), current_basis.c.statement_id.is_not(None))
        .outerjoin_from(statements, current_basis, decides)
        .where(statements.c.customer_id == customer, statements.c.channel == EMAIL)
        .order_by(statements.c.recorded_at, statements.c.id)
    )
