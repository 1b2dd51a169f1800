"""Tells whether a shop sent mail before mail had a language: then it stays English."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Engine, Select, select
from sqlmodel import col

from shop.db.engine import read_transaction, schema_revision
from shop.tables import Customer, EarlierLanguage

FIRST_REVISION = "0032"  # writes the row


def began_in_english(engine: Engine) -> bool:
    """Returns whether the shop of the database began when every mail was English.

    A database that is still to be upgraded is asked what the upgrade will ask.
    """
    revision = schema_revision(engine)
    if revision is None:
        return False
    query = _row_query() if revision >= FIRST_REVISION else _customer_query()
    with read_transaction(engine) as connection:
        return connection.scalar(query) is not None


@cache
def _row_query() -> Select[tuple[str]]:
    return select(col(EarlierLanguage.code)).limit(1)


@cache
def _customer_query() -> Select[tuple[int | None]]:
    return select(col(Customer.id)).limit(1)
