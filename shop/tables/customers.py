"""Who the customers are, what sources know of them, and whether they may be mailed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class Customer(SQLModel, table=True):
    """A person, whatever number of sources know them."""

    __tablename__ = "customers"
    __table_args__ = (
        Index("customers_by_birthday", text("substr(birthday, length(birthday) - 4)")),
        Index("customers_by_zone", "timezone", sqlite_where=text("timezone IS NOT NULL"),
              postgresql_where=text("timezone IS NOT NULL")),
        {"sqlite_autoincrement": True},  # the number of one who was merged never comes back
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    founder: int = Field(unique=True)  # the identity that first told us of this person
    email: str | None = None
    email_key: str | None = Field(default=None, unique=True)
    phone_key: str | None = Field(default=None, index=True)  # E.164
    first_name: str | None = None
    last_name: str | None = None
    language: str | None = None
    timezone: str | None = None  # an IANA name, or what somebody took for one
    birthday: str | None = None  # 1990-09-21, or --09-21 where the year is unknown
    joined_at: datetime | None = Field(default=None, sa_type=Moment)


class Identity(SQLModel, table=True):
    """A customer as one source knows them."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("identities_unsettled", "source", sqlite_where=text("customer_id IS NULL"),
              postgresql_where=text("customer_id IS NULL")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    source: str
    external_id: str
    customer_id: int | None = Field(default=None, foreign_key="customers.id", index=True)
    email: str | None = None
    email_key: str | None = Field(default=None, index=True)
    phone: str | None = None
    phone_key: str | None = Field(default=None, index=True)  # E.164
    first_name: str | None = None
    last_name: str | None = None
    language: str | None = None
    timezone: str | None = None
    birthday: str | None = None
    tags: str = "[]"  # a JSON list
    joined_at: datetime | None = Field(default=None, sa_type=Moment)
    version: int = Field(sa_type=BigInteger)  # an older one never wins


class Contact(SQLModel, table=True):
    """An address or a number that an identity has, or once had."""

    __tablename__ = "contacts"
    __table_args__ = (Index("contacts_by_key", "channel", "key"),)

    identity_id: int = Field(primary_key=True, foreign_key="identities.id")
    channel: str = Field(primary_key=True)  # e-mail, phone
    key: str = Field(primary_key=True)


class SharedPhone(SQLModel, table=True):
    """A number that more than one person claims: it makes nobody one customer."""

    __tablename__ = "shared_phones"

    phone_key: str = Field(primary_key=True)
    why: str
    seen_at: datetime = Field(sa_type=Moment)


class Merge(SQLModel, table=True):
    """Two customers turned out to be one; what is said of the one who is gone is found by this."""

    __tablename__ = "merges"

    id: int | None = Field(default=None, primary_key=True)
    gone: int = Field(unique=True)
    kept: int = Field(index=True)
    founder: int = Field(foreign_key="identities.id")  # the identity that first told of the gone
    why: str  # e-mail, phone
    at: datetime = Field(sa_type=Moment)


class BasisStatement(SQLModel, table=True):
    """What somebody once said about mailing this person: only ever added to."""

    __tablename__ = "basis_statements"
    __table_args__ = (
        UniqueConstraint("source", "external_id", "channel", "says", "said_at", "recorded_at"),
        Index("statements_by_date", "said_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    customer_id: int | None = Field(default=None, foreign_key="customers.id", index=True)
    source: str  # a source of the owner's file, or the page it was said on
    external_id: str
    channel: str
    says: str  # yes, no, none
    said_at: datetime = Field(sa_type=Moment)  # 1970 where the source gives no date
    recorded_at: datetime = Field(sa_type=Moment)
    evidence: str
    wording: str | None = None
    actor: str


class Basis(SQLModel, table=True):
    """Why this person may be mailed now, or may not: what the statements come to."""

    __tablename__ = "basis"

    customer_id: int = Field(primary_key=True, foreign_key="customers.id")
    channel: str = Field(primary_key=True)
    state: str
    statement_id: int | None = Field(default=None, foreign_key="basis_statements.id")
