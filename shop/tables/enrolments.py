"""One customer in one rule for one occasion."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class Enrolment(SQLModel, table=True):
    """One customer in one rule for one occasion, and how far the steps have got."""

    __tablename__ = "enrolments"
    __table_args__ = (
        UniqueConstraint("rule", "customer_id", "occasion"),
        Index("enrolments_running", "rule", "next_at", sqlite_where=text("next_at IS NOT NULL"),
              postgresql_where=text("next_at IS NOT NULL")),
        Index("enrolments_due", "next_at", "rule", sqlite_where=text("next_at IS NOT NULL"),
              postgresql_where=text("next_at IS NOT NULL")),
        Index("enrolments_backlog", "rule", "enrolled_at", sqlite_where=text("backlog IS 1"),
              postgresql_where=text("backlog IS true")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    rule: str
    customer_id: int = Field(foreign_key="customers.id", index=True)
    occasion: str
    subject_kind: str | None = None  # cart, answer: the kind of row the occasion is about
    subject_id: int | None = None
    since_at: datetime = Field(sa_type=Moment)  # the moment the occasion counts from
    due_at: datetime = Field(sa_type=Moment)
    backlog: bool = False  # came due before the rule began
    enrolled_at: datetime = Field(sa_type=Moment)
    verdict: str
    step: str = "1"  # the key of the step it has reached (`triggers.series`); 1: not begun
    next_step: str | None = None  # what follows the mail it waits for, if an edit has moved that
    next_at: datetime | None = Field(default=None, sa_type=Moment)  # NULL: nothing more to do
    ended: str | None = None  # why
    tick_id: int = Field(foreign_key="ticks.id", index=True)  # the last tick that changed it
