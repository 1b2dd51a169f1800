"""The tables of a shop. Money in minor units of its currency, moments aware and in UTC."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shop.times import Moment


class Customer(SQLModel, table=True):
    """A person, whatever number of sources know them."""

    __tablename__ = "customers"
    __table_args__ = (
        Index("customers_by_birthday", text("substr(birthday, length(birthday) - 4)")),
        {"sqlite_autoincrement": True},  # the number of one who was merged never comes back
    )

    id: int | None = Field(default=None, primary_key=True)
    founder: int = Field(unique=True)  # the identity that first told us of this person
    email: str | None = None
    email_key: str | None = Field(default=None, unique=True)
    phone_key: str | None = Field(default=None, index=True)  # E.164
    first_name: str | None = None
    last_name: str | None = None
    language: str | None = None
    timezone: str | None = None
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


class Order(SQLModel, table=True):
    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("orders_of_customer", "customer_id", "placed_at"),
        Index("orders_without_customer", "customer_source", "customer_key",
              sqlite_where=text("customer_id IS NULL AND customer_key IS NOT NULL"),
              postgresql_where=text("customer_id IS NULL AND customer_key IS NOT NULL")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    source: str
    external_id: str
    customer_source: str  # the source whose identities `customer_key` names
    customer_key: str | None = None
    customer_id: int | None = Field(default=None, foreign_key="customers.id")
    placed_at: datetime = Field(sa_type=Moment)
    total: int = Field(sa_type=BigInteger)
    currency: str
    channel: str  # till, online
    counts: bool = True  # neither cancelled nor a test
    version: int = Field(sa_type=BigInteger)


class OrderLine(SQLModel, table=True):
    __tablename__ = "order_lines"

    source: str = Field(primary_key=True)
    order_key: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    title: str
    product_key: str | None = None
    quantity: int
    total: int = Field(sa_type=BigInteger)
    version: int = Field(sa_type=BigInteger)


class Cart(SQLModel, table=True):
    __tablename__ = "carts"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("carts_of_customer", "customer_id"),
        Index("carts_open", "left_at", sqlite_where=text("converted_at IS NULL"),
              postgresql_where=text("converted_at IS NULL")),
        Index("carts_without_customer", "customer_source", "customer_key",
              sqlite_where=text("customer_id IS NULL AND customer_key IS NOT NULL"),
              postgresql_where=text("customer_id IS NULL AND customer_key IS NOT NULL")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    source: str
    external_id: str
    customer_source: str
    customer_key: str | None = None
    customer_id: int | None = Field(default=None, foreign_key="customers.id")
    left_at: datetime = Field(sa_type=Moment)  # last touched by the customer
    converted_at: datetime | None = Field(default=None, sa_type=Moment)
    total: int = Field(sa_type=BigInteger)
    currency: str
    url: str | None = None  # where the platform lets the customer go on
    version: int = Field(sa_type=BigInteger)


class CartLine(SQLModel, table=True):
    __tablename__ = "cart_lines"

    source: str = Field(primary_key=True)
    cart_key: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    title: str
    product_key: str | None = None
    picture: str | None = None
    quantity: int
    total: int = Field(sa_type=BigInteger)
    version: int = Field(sa_type=BigInteger)


class Refund(SQLModel, table=True):
    """Money given back; its order may arrive later."""

    __tablename__ = "refunds"
    __table_args__ = (UniqueConstraint("source", "external_id"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str
    external_id: str
    order_key: str = Field(index=True)
    refunded_at: datetime = Field(sa_type=Moment)
    total: int = Field(sa_type=BigInteger)
    version: int = Field(sa_type=BigInteger)


class Booking(SQLModel, table=True):
    """An appointment."""

    __tablename__ = "bookings"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("bookings_of_customer", "customer_id", "starts_at"),
        Index("bookings_without_customer", "customer_source", "customer_key",
              sqlite_where=text("customer_id IS NULL AND customer_key IS NOT NULL"),
              postgresql_where=text("customer_id IS NULL AND customer_key IS NOT NULL")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    source: str
    external_id: str
    customer_source: str
    customer_key: str | None = None
    customer_id: int | None = Field(default=None, foreign_key="customers.id")
    made_at: datetime = Field(sa_type=Moment)
    starts_at: datetime = Field(sa_type=Moment, index=True)
    status: str  # booked, kept, missed, cancelled
    version: int = Field(sa_type=BigInteger)


class Answer(SQLModel, table=True):
    """What a customer answered to a survey."""

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("answers_of_customer", "customer_id", "answered_at"),
        Index("answers_without_customer", "customer_source", "customer_key",
              sqlite_where=text("customer_id IS NULL AND customer_key IS NOT NULL"),
              postgresql_where=text("customer_id IS NULL AND customer_key IS NOT NULL")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    source: str
    external_id: str
    customer_source: str
    customer_key: str | None = None
    customer_id: int | None = Field(default=None, foreign_key="customers.id")
    answered_at: datetime = Field(sa_type=Moment, index=True)
    csat: int | None = None  # 1 to 5
    nps: int | None = None  # 0 to 10
    words: str | None = None
    survey: str | None = None
    version: int = Field(sa_type=BigInteger)


class PointsEntry(SQLModel, table=True):
    """One line of a customer's points: only ever added to."""

    __tablename__ = "points_entries"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("points_of_customer", "customer_id", "at", "id"),
        Index("points_without_customer", "customer_source", "customer_key",
              sqlite_where=text("customer_id IS NULL AND customer_key IS NOT NULL"),
              postgresql_where=text("customer_id IS NULL AND customer_key IS NOT NULL")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    source: str  # a source that runs the programme, or regulars where we do
    external_id: str
    customer_source: str
    customer_key: str | None = None
    customer_id: int | None = Field(default=None, foreign_key="customers.id")
    kind: str  # earned, spent, expired, reversed, adjusted
    points: int  # negative where they go
    at: datetime = Field(sa_type=Moment, index=True)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)
    order_source: str | None = None
    order_key: str | None = None
    version: int = Field(sa_type=BigInteger)


class PointsLot(SQLModel, table=True):
    """What is left of points that came together and end together; worked out from entries."""

    __tablename__ = "points_lots"

    entry_id: int = Field(primary_key=True, foreign_key="points_entries.id")
    customer_id: int = Field(foreign_key="customers.id", index=True)
    earned_at: datetime = Field(sa_type=Moment)
    expires_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    left: int


class PointsBalance(SQLModel, table=True):
    """Entries summed; it may be below nought, where more was taken back than was left."""

    __tablename__ = "points_balances"

    customer_id: int = Field(primary_key=True, foreign_key="customers.id")
    balance: int


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


class Dirty(SQLModel, table=True):
    """A customer changed. A row a change, never merged: a mark that a running tick has not
    seen must outlive that tick."""

    __tablename__ = "dirty"

    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customers.id", index=True)
    tick_id: int | None = Field(default=None, index=True)  # the tick that is dealing with it


class Metrics(SQLModel, table=True):
    """What the orders of one customer come to."""

    __tablename__ = "metrics"

    customer_id: int = Field(primary_key=True, foreign_key="customers.id")
    visits: int
    orders: int
    spent: int = Field(sa_type=BigInteger)
    first_visit_at: datetime | None = Field(default=None, sa_type=Moment)
    last_visit_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    # When somebody with this rhythm should have come again; empty for those without one.
    expected_back_at: datetime | None = Field(default=None, sa_type=Moment, index=True)


class SyncState(SQLModel, table=True):
    """How far one stream of one source has been read."""

    __tablename__ = "sync_states"

    source: str = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    since: datetime | None = Field(default=None, sa_type=Moment)
    until: datetime | None = Field(default=None, sa_type=Moment)  # set while a sweep is under way
    cursor: str | None = None
    fingerprint: str | None = None  # of a file
    finished_at: datetime | None = Field(default=None, sa_type=Moment)


class Quarantined(SQLModel, table=True):
    """A record that could not become a row, and why."""

    __tablename__ = "quarantine"
    __table_args__ = (UniqueConstraint("source", "stream", "record_key", "reason"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str
    stream: str
    record_key: str
    reason: str
    record: str
    seen_at: datetime = Field(sa_type=Moment)


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
    state: str
    reason: str | None = None
    created_at: datetime = Field(sa_type=Moment)  # the rules' clock
    due_at: datetime = Field(sa_type=Moment)
    deadline: datetime = Field(sa_type=Moment)
    settled_at: datetime | None = Field(default=None, sa_type=Moment)
    claimed_by: str | None = None
    claimed_until: datetime | None = Field(default=None, sa_type=Moment)  # the machine's clock
    to_address: str | None = None
    basis: str | None = None
    tick_id: int = Field(foreign_key="ticks.id", index=True)


class Lock(SQLModel, table=True):
    __tablename__ = "locks"

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = Field(sa_type=Moment)  # the machine's clock
