"""Delivery events and suppressions, stops, and opt-outs to be reported to a platform."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class MailEvent(SQLModel, table=True):
    """A delivery event; stored once, in any order of arrival."""

    __tablename__ = "mail_events"
    __table_args__ = (
        UniqueConstraint("source", "key"),
        Index("mail_events_of_address", "address", "happened_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source: str  # the name of a sender, or bounces (mails that came back)
    key: str  # the source's own name for the event
    message_id: str | None = Field(default=None, index=True)  # ours, where it names one
    kind: str  # shop.consent.suppressions.EventKind
    by_machine: bool = False  # opened or clicked by a scanner, not a person
    address: str | None = None
    detail: str | None = None
    reason: str | None = None  # of a bounce: shop.consent.failure_reasons.FailureReason
    happened_at: datetime = Field(sa_type=Moment)
    received_at: datetime = Field(sa_type=Moment)


class Suppression(SQLModel, table=True):
    """An address that gets no mail until the suppression is lifted."""

    __tablename__ = "suppressions"

    address: str = Field(primary_key=True)
    reason: str  # shop.consent.suppressions.SuppressionReason
    detail: str | None = None
    since: datetime = Field(sa_type=Moment)
    lifted_at: datetime | None = Field(default=None, sa_type=Moment)
    lifted_because: str | None = None
    import_id: int | None = None  # where only imports suppress it: one that lists it


class SuppressionImport(SQLModel, table=True):
    """A list of addresses that the owner imported, which can be undone as a whole."""

    __tablename__ = "suppression_imports"

    id: int | None = Field(default=None, primary_key=True)
    file_name: str
    imported_at: datetime = Field(sa_type=Moment)
    undone_at: datetime | None = Field(default=None, sa_type=Moment)


class ImportedSuppression(SQLModel, table=True):
    """An address on an imported list."""

    __tablename__ = "imported_suppressions"
    __table_args__ = (Index("imported_suppressions_of_address", "address"),)

    import_id: int = Field(primary_key=True, foreign_key="suppression_imports.id")
    address: str = Field(primary_key=True)
    reason: str  # as this list gives it


class Stop(SQLModel, table=True):
    """A stop of all mail, of one rule's, or of that to one mailbox provider."""

    __tablename__ = "stops"

    what: str = Field(primary_key=True)  # everything, rule:NAME, provider:NAME
    since: datetime = Field(sa_type=Moment)
    because: str | None = None


class WriteBack(SQLModel, table=True):
    """An opt-out that has to be reported to a platform."""

    __tablename__ = "write_backs"
    __table_args__ = (UniqueConstraint("source", "key", "said_at"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str  # as config.yaml names it
    key: str  # the customer's id at the source
    customer_id: int = Field(foreign_key="customers.id", index=True)
    said_at: datetime = Field(sa_type=Moment)
    attempts: int = 0
    retry_at: datetime | None = Field(default=None, sa_type=Moment)  # the machine's clock
    done_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    outcome: str | None = None  # the platform's answer
