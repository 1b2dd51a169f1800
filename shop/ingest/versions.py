"""Versions of rows that come from a file: the time at which the file was read."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Update, bindparam, update
from sqlmodel import SQLModel

from shop.db.upsert import table_of
from shop.tables import Answer, CustomField, Identity, Order, OrderCoupon, OrderLine
from shop.types.moment import microseconds

FILE_MODELS: tuple[type[SQLModel], ...] = (
    Identity,
    CustomField,
    Order,
    OrderLine,
    OrderCoupon,
    Answer,
)


def lower_future_versions(connection: Connection, source: str, read_at: datetime) -> None:
    """Make every row of `source` older than a reading at `read_at`.

    A file that was read by a clock ahead of time would otherwise outrank its own corrections until
    that time has come.
    """
    parameters = {"row_source": source, "latest": microseconds(read_at) - 1}
    for model in FILE_MODELS:
        connection.execute(_lower_query(model), parameters)


@cache
def _lower_query(model: type[SQLModel]) -> Update:
    table = table_of(model)
    return (
        update(table)
        .where(table.c.source == bindparam("row_source"), table.c.version > bindparam("latest"))
        .values(version=bindparam("latest"))
    )
