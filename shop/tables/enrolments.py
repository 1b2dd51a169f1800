"""What rules and deliveries have in hand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class ChangeMarker(SQLModel, table=True):
    """A customer changed. A row a change, never merged: a mark that a running tick has not
    seen must outlive that tick."""

    __tablename__ = "dirty"

    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customers.id", index=True)
    tick_id: int | None = Field(default=None, index=True)  # the tick that is dealing with it


class RuleState(SQLModel, table=True):
    """From when a rule looks forward, and how far it has looked."""

    __tablename__ = "rule_states"

    rule: str = Field(primary_key=True)
    since: datetime = Field(sa_type=Moment)
    looked_until: datetime = Field(sa_type=Moment)
    looked_length: int | None = Field(default=None, sa_type=BigInteger)  # microseconds, of then
    backlog_done: bool = False


class Tick(SQLModel, table=True):
    __tablename__ = "ticks"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Moment)  # the rules' clock
    started_at: datetime = Field(sa_type=Moment)  # the machine's
    currency: str | None = None  # in which it added up what was spent


class Enrolment(SQLModel, table=True):
    """One customer in one rule for one occasion."""

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
    cart_id: int | None = Field(default=None, foreign_key="carts.id")
    answer_id: int | None = Field(default=None, foreign_key="answers.id")
    since_at: datetime = Field(sa_type=Moment)  # the moment the occasion counts from
    due_at: datetime = Field(sa_type=Moment)
    backlog: bool = False  # came due before the rule began to look
    enrolled_at: datetime = Field(sa_type=Moment)
    verdict: str
    step: str = "1"
    next_at: datetime | None = Field(default=None, sa_type=Moment)  # empty: nothing more to do
    ended: str | None = None  # why
    tick_id: int = Field(foreign_key="ticks.id", index=True)  # the last one that moved it


class Message(SQLModel, table=True):
    """One mail of one step, from wanted to done: the outbox."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("rule", "customer_id", "occasion", "step"),
        Index("messages_open", "state", "due_at"),
        Index("messages_to_customer", "customer_id", "settled_at"),
        Index("messages_made", "created_at"),
    )

    id: str = Field(primary_key=True)
    rule: str
    customer_id: int = Field(foreign_key="customers.id")
    occasion: str
    step: str
    enrolment_id: int = Field(foreign_key="enrolments.id", index=True)
    template: str
    extra: str = "{}"  # the owner's `with`, as JSON
    purpose: str
    approve_first: bool = False
    approve_until: datetime | None = Field(default=None, sa_type=Moment)  # then nobody said yes
    state: str
    reason: str | None = None
    created_at: datetime = Field(sa_type=Moment)  # the rules' clock
    due_at: datetime = Field(sa_type=Moment)
    deadline: datetime = Field(sa_type=Moment)
    settled_at: datetime | None = Field(default=None, sa_type=Moment)
    claimed_by: str | None = None
    claimed_until: datetime | None = Field(default=None, sa_type=Moment)  # the machine's clock
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # put off so often
    retry_at: datetime | None = Field(default=None, sa_type=Moment)  # the machine's clock
    through: str | None = None  # the sender it was given to
    to_address: str | None = None
    basis: str | None = None
    tick_id: int = Field(foreign_key="ticks.id", index=True)


class Task(SQLModel, table=True):
    """Something for a person to do."""

    __tablename__ = "tasks"
    __table_args__ = (UniqueConstraint("enrolment_id", "step"),)

    id: int | None = Field(default=None, primary_key=True)
    rule: str
    customer_id: int = Field(foreign_key="customers.id", index=True)
    enrolment_id: int = Field(foreign_key="enrolments.id")
    step: str
    words: str
    created_at: datetime = Field(sa_type=Moment)
    due_at: datetime | None = Field(default=None, sa_type=Moment)
    done_at: datetime | None = Field(default=None, sa_type=Moment, index=True)


class Lock(SQLModel, table=True):
    __tablename__ = "locks"

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = Field(sa_type=Moment)  # the machine's clock
