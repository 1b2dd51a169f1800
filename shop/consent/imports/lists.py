"""The lists of addresses that the owner imported and did not take back."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, select
from sqlmodel import col

from shop.tables import ImportedSuppression, Suppression, SuppressionImport


def listings(column: SQLColumnExpression[int]) -> Select[tuple[int]]:
    """Returns `column` of the entries that such lists have for a suppression's address.

    To be used in a statement on suppressions.
    """
    return (
        select(column)
        .join(SuppressionImport, col(SuppressionImport.id) == col(ImportedSuppression.import_id))
        .where(
            col(ImportedSuppression.address) == col(Suppression.address),
            col(SuppressionImport.undone_at).is_(None),
        )
        .correlate(Suppression)
    )


def is_on_imported_list() -> ColumnElement[bool]:
    """SQL condition on a row of suppressions: such a list has its address."""
    return listings(col(ImportedSuppression.import_id)).exists()
