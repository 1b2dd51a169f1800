"""A column that a `when` has nothing for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Label, cast, literal


def null_column(name: str) -> Label[Any]:
    """Nothing, typed: PostgreSQL takes a bare NULL in a UNION for text."""
    return cast(literal(None), BigInteger).label(name)
