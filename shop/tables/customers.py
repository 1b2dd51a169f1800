"""Customers, identities and contacts, consent statements and the basis."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class Customer(SQLModel, table=True):
    """A person, however many sources know them."""

    __tablename__ = "customers"
    __table_args__ = (
        Index("customers_by_birthday", text("substr(birthday, length(birthday) - 4)")),
        Index("customers_by_zone", "timezone", sqlite_where=text("timezone IS NOT NULL"),
              postgresql_where=text("timezone IS NOT NULL")),
        {"sqlite_autoincrement": True},  # the id of a merged customer is never used again
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    founder: int = Field(unique=True)  # the identity for which the customer was created
    # The address that mail goes to: `shop.consent.mailing_address` chooses it.
    email: str | None = None
    email_key: str | None = Field(default=None, unique=True)
    phone_key: str | None = Field(default=None, index=True)  # E.164
    first_name: str | None = None
    last_name: str | None = None
    language: str | None = None
    timezone: str | None = None  # an IANA name, not validated
    birthday: str | None = None  # 1990-09-21, or --09-21 where the year is unknown
    joined_at: datetime | None = Field(default=None, sa_type=Moment)


class CustomerSearch(SQLModel, table=True):
    """A word by which a customer is found (`shop.identity.search_index`)."""

    __tablename__ = "customer_search"
    # The order by word is that of code points on each database, so that a prefix is a range.
    __table_args__ = (
        Index("customer_search_by_word", "word", "customer_id"),
        {"sqlite_with_rowid": False},
    )

    customer_id: int = Field(primary_key=True, foreign_key="customers.id")
    word: str = Field(
        primary_key=True, sa_type=String().with_variant(String(collation="C"), "postgresql")
    )


class Identity(SQLModel, table=True):
    """A customer as one source knows them."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("identities_unsettled", "source", sqlite_where=text("customer_id IS NULL"),
              postgresql_where=text("customer_id IS NULL")),
        Index("identities_absent", "source", sqlite_where=text("absence IS NOT NULL"),
              postgresql_where=text("absence IS NOT NULL")),
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
    tag_keys: str = Field(default="", sa_column_kwargs={"server_default": ""})  # folded, to compare
    joined_at: datetime | None = Field(default=None, sa_type=Moment)
    version: int = Field(sa_type=BigInteger)  # an older version never replaces a newer one
    absent_since: datetime | None = Field(default=None, sa_type=Moment)  # not in the source's list
    absence: str | None = None  # shop.identity.absence.Absence


class CustomField(SQLModel, table=True):
    """The value of one of the owner's own columns, of a customer as one source knows them."""

    __tablename__ = "custom_fields"

    source: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)  # of the identity
    name: str = Field(primary_key=True)  # as the owner calls it
    value: str
    folded: str  # without capitals, to compare
    number: int | None = Field(default=None, sa_type=BigInteger)  # in ten-thousandths
    version: int = Field(sa_type=BigInteger)


class Contact(SQLModel, table=True):
    """An address or a number that an identity has or had."""

    __tablename__ = "contacts"
    __table_args__ = (Index("contacts_by_key", "channel", "key"),)

    identity_id: int = Field(primary_key=True, foreign_key="identities.id")
    channel: str = Field(primary_key=True)  # e-mail, phone
    key: str = Field(primary_key=True)


class SharedPhone(SQLModel, table=True):
    """A number that joins no identities, because several people claim it."""

    __tablename__ = "shared_phones"

    phone_key: str = Field(primary_key=True)
    why: str
    seen_at: datetime = Field(sa_type=Moment)


class Merge(SQLModel, table=True):
    """A customer who was merged into another; a former id is found by this."""

    __tablename__ = "merges"

    id: int | None = Field(default=None, primary_key=True)
    gone: int = Field(unique=True)
    kept: int = Field(index=True)
    founder: int = Field(
        foreign_key="identities.id"
    )  # the identity for which the merged customer was created
    why: str  # e-mail, phone
    at: datetime = Field(sa_type=Moment)


class BasisStatement(SQLModel, table=True):
    """A consent statement; append-only."""

    __tablename__ = "basis_statements"
    __table_args__ = (
        UniqueConstraint("source", "external_id", "channel", "says", "said_at", "recorded_at"),
        Index("statements_by_date", "said_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    customer_id: int | None = Field(default=None, foreign_key="customers.id", index=True)
    source: str  # a source of config.yaml, or the page on which it was given
    external_id: str
    channel: str
    says: str  # yes, no, none, unread
    said_at: datetime = Field(sa_type=Moment)  # 1970 where the source gives no date
    recorded_at: datetime = Field(sa_type=Moment)
    evidence: str
    wording: str | None = None
    actor: str
    address_key: str | None = None  # the address it was given for, folded


class Basis(SQLModel, table=True):
    """Whether a customer may be mailed now: computed from the statements."""

    __tablename__ = "basis"

    customer_id: int = Field(primary_key=True, foreign_key="customers.id")
    channel: str = Field(primary_key=True)
    state: str
    statement_id: int | None = Field(default=None, foreign_key="basis_statements.id")
