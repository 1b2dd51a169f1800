"""Work that a rule leaves for a person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class Task(SQLModel, table=True):
    """Something for a person to do."""

    __tablename__ = "tasks"
    __table_args__ = (UniqueConstraint("enrolment_id", "step"),)

    id: int | None = Field(default=None, primary_key=True)
    rule: str
    customer_id: int = Field(foreign_key="customers.id", index=True)
    enrolment_id: int = Field(foreign_key="enrolments.id")
    step: str  # its key (`triggers.series`)
    words: str
    created_at: datetime = Field(sa_type=Moment)
    due_at: datetime | None = Field(default=None, sa_type=Moment)
    done_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
