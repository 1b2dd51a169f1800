"""How many enrolments, mails and tasks each rule has, by step and outcome."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class RuleCount(SQLModel, table=True):
    """A number of rows of one class, kept by triggers of the database (`shop.rule_counts`).

    The numbers of a class are the sum over `change`.
    """

    __tablename__ = "rule_counts"
    # Computed from other tables: not in a dump of the tables.
    __table_args__ = {"sqlite_with_rowid": False, "info": {"is_derived": True}}

    # Number of the quarter of an hour since 1970 in which mails were settled, or ALL_TIMES.
    quarter: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str = Field(primary_key=True)  # `shop.rule_counts.classes.Kind`
    rule: str = Field(primary_key=True)
    step: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    reason: str = Field(primary_key=True)
    # 0 for what has been added up. PostgreSQL appends changes, as writers of one row would wait
    # for each other; each has a number of its own.
    change: int = Field(primary_key=True, sa_type=BigInteger)
    number: int = Field(sa_type=BigInteger)
