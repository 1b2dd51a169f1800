"""Opt-outs that the owner calls forged: they stay on record and no longer count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, update
from sqlmodel import col

from shop.consent.basis import BATCH_SIZE, ConsentValue, recompute_basis
from shop.db import changed_customers
from shop.identity.customers import lock_identity_writes
from shop.tables import BasisStatement


@dataclass(frozen=True)
class WithdrawnOptOut:
    """The opt-out of a customer at a time."""

    customer: int
    at: datetime


def withdraw_opt_outs(
    connection: Connection,
    opt_outs: Sequence[WithdrawnOptOut],
    *,
    source: str,
    evidence: str,
    because: str,
) -> None:
    """Turns those of `opt_outs` that `source` recorded with this `evidence` into no statements.

    Other opt-outs of the same customers are left alone. Their basis is computed again.
    """
    if not opt_outs:
        return
    lock_identity_writes(connection)
    withdrawn = (
        update(BasisStatement)
        .where(
            col(BasisStatement.source) == source,
            col(BasisStatement.says) == ConsentValue.NO.value,
            col(BasisStatement.evidence) == evidence,
            col(BasisStatement.customer_id) == bindparam("customer"),
            col(BasisStatement.said_at) == bindparam("at"),
        )
        .values(
            says=ConsentValue.NONE.value, evidence=f"{evidence}, taken back by the owner: {because}"
        )
    )
    rows = [{"customer": opt_out.customer, "at": opt_out.at} for opt_out in opt_outs]
    connection.execute(withdrawn, rows)
    customer_ids = sorted({opt_out.customer for opt_out in opt_outs})
    for start in range(0, len(customer_ids), BATCH_SIZE):
        recompute_basis(connection, customer_ids[start : start + BATCH_SIZE])
    changed_customers.mark_changed(connection, customer_ids)
