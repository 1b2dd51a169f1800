"""What the owner decided about mails that waited for approval, and the links that ask for it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class ApprovalDecision(SQLModel, table=True):
    """The last decision about one message."""

    __tablename__ = "approval_decisions"

    message_id: str = Field(primary_key=True)
    decision: str  # a `Decision`
    decided_by: str  # a `DecidedBy`
    decided_at: datetime = Field(sa_type=Moment)


class ApprovalLink(SQLModel, table=True):
    """A link of a morning letter, about the mails of one rule. It decides once."""

    __tablename__ = "approval_links"

    id: str = Field(primary_key=True)
    rule: str
    needs_passcode: bool
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment, index=True)
    decision: str | None = None  # a `Decision`, once it was used
    decided_at: datetime | None = Field(default=None, sa_type=Moment)


class ApprovalLinkMessage(SQLModel, table=True):
    """A message that a link decides about: it waited when the letter was written."""

    __tablename__ = "approval_link_messages"

    link_id: str = Field(primary_key=True)
    message_id: str = Field(primary_key=True)
