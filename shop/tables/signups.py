"""Sign-ups on the shop's own page."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class SignUp(SQLModel, table=True):
    """An address that was typed into the form, and the state of its confirmation mail."""

    __tablename__ = "sign_ups"
    __table_args__ = (
        Index("sign_ups_open", "state", "asked_at"),
        Index("sign_ups_of_address", "address_key", "asked_at"),
        Index("sign_ups_of_mailbox", "mailbox", "settled_at"),
        Index("sign_ups_of_place", "place", "confirmed_at"),
    )

    id: str = Field(primary_key=True)  # also of its mail
    address: str
    address_key: str
    # shop.consent.mailbox_spellings.mailbox_of
    mailbox: str = Field(default="", sa_column_kwargs={"server_default": ""})
    place: str | None = None  # a keyed hash of the network it came from; NULL after a while
    first_name: str | None = None
    birthday: str | None = None  # --09-21: the year is never asked
    wording: str  # the sentence above the button
    language: str | None = None  # of the page; NULL where the shop has no choice of languages
    asked_at: datetime = Field(sa_type=Moment, index=True)
    confirmed_at: datetime | None = Field(default=None, sa_type=Moment)
    state: str  # of its mail
    reason: str | None = None
    settled_at: datetime | None = Field(default=None, sa_type=Moment)
    claimed_by: str | None = None
    claimed_until: datetime | None = Field(default=None, sa_type=Moment)  # the machine's clock
    fence: int = Field(
        default=0, sa_column_kwargs={"server_default": "0"}
    )  # grows with each lease and each take-over
    attempts: int = 0  # number of deferrals
    retry_at: datetime | None = Field(default=None, sa_type=Moment)  # the machine's clock
    through: str | None = None  # the sender that it was handed to
