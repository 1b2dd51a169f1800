"""The outbox: one mail of one step of an enrolment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text, true
from sqlmodel import Field, SQLModel

from shop.types.moment import Moment

# Of an expression: for the plain column SQLite would take another index.
PENDING = "coalesce(state, '') IN ('queued', 'deferred')"


class Message(SQLModel, table=True):
    """One mail of one step, from its creation to its last state."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("rule", "customer_id", "occasion", "step"),
        Index("messages_open", "state", "due_at"),
        Index("messages_pending", "rule", "due_at", "created_at", "id",
              sqlite_where=text(PENDING), postgresql_where=text(PENDING)),
        Index("messages_to_customer", "customer_id", "settled_at"),
        Index("messages_made", "created_at"),
        Index("messages_settled", "rule", "settled_at",
              sqlite_where=text("settled_at IS NOT NULL"),
              postgresql_where=text("settled_at IS NOT NULL")),
        Index("messages_by_time", "settled_at", "state", "rule"),
        Index("messages_in_digest", "digest_id", sqlite_where=text("digest_id IS NOT NULL"),
              postgresql_where=text("digest_id IS NOT NULL")),
    )  # fmt: skip

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
    approve_until: datetime | None = Field(
        default=None, sa_type=Moment
    )  # after this it is no longer approved
    state: str
    reason: str | None = None
    created_at: datetime = Field(sa_type=Moment)  # the rules' clock
    due_at: datetime = Field(sa_type=Moment)
    deadline: datetime = Field(sa_type=Moment)
    settled_at: datetime | None = Field(default=None, sa_type=Moment)
    claimed_by: str | None = None
    claimed_until: datetime | None = Field(default=None, sa_type=Moment)  # the machine's clock
    fence: int = Field(
        default=0, sa_column_kwargs={"server_default": "0"}
    )  # grows with each lease and each take-over
    attempts: int = Field(
        default=0, sa_column_kwargs={"server_default": "0"}
    )  # number of deferrals
    retry_at: datetime | None = Field(default=None, sa_type=Moment)  # the machine's clock
    through: str | None = None  # the sender that it was handed to
    digest_id: str | None = None  # the message under whose id it went, in one mail with others
    to_address: str | None = None
    basis: str | None = None
    # Whether a bounce or complaint by mail counts. Not for an id that anyone can compute, as those
    # made before step 0021, unless the mail was recent then.
    accepts_mailed_reports: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    tick_id: int = Field(foreign_key="ticks.id", index=True)
