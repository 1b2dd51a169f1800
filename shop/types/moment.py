"""Moments in the database: microseconds since 1970 in UTC, one integer on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Dialect, SQLColumnExpression, literal, type_coerce
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, stored as an integer: SQLite's DateTime type returns naive values."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else moment_of(int(value))


def microseconds(moment: datetime) -> int:
    """Returns whole microseconds since 1970; raises ValueError where `moment` has no time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone.")
    return (moment - EPOCH) // MICROSECOND


def moment_of(microseconds_since_1970: int) -> datetime:
    """Returns the moment so many microseconds after 1970, in UTC."""
    return EPOCH + timedelta(microseconds=microseconds_since_1970)


def moment_after(
    column: SQLColumnExpression[Any], length: timedelta | ColumnElement[int]
) -> ColumnElement[datetime]:
    """SQL expression for `column` plus `length`; plain arithmetic on both is silently wrong."""
    if isinstance(length, timedelta):
        length = literal(length // MICROSECOND, BigInteger)
    return type_coerce(type_coerce(column, BigInteger) + length, Moment)
