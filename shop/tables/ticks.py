"""Ticks, how far each rule has been evaluated, and the customers that changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class Tick(SQLModel, table=True):
    """One evaluation of all rules."""

    __tablename__ = "ticks"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Moment)  # the rules' clock
    started_at: datetime = Field(sa_type=Moment)  # the machine's
    currency: str | None = None  # in which metrics of spending were computed
    timezone: str | None = None  # by which visits were assigned to days


class RuleState(SQLModel, table=True):
    """From when a rule looks forward, and how far it has been evaluated."""

    __tablename__ = "rule_states"

    rule: str = Field(primary_key=True)
    since: datetime = Field(sa_type=Moment)
    looked_until: datetime = Field(sa_type=Moment)
    looked_length: int | None = Field(
        default=None, sa_type=BigInteger
    )  # in microseconds, as it was then
    backlog_done: bool = False
    series: str | None = None  # its steps as the last tick read them (`triggers.series`)


class ChangeMarker(SQLModel, table=True):
    """A customer has changed. One row per change, never merged: a marker that a running tick has
    not claimed must remain after that tick.
    """

    __tablename__ = "dirty"

    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customers.id", index=True)
    tick_id: int | None = Field(default=None, index=True)  # the tick that has claimed it
