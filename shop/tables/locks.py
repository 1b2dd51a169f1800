"""Locks between processes."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class Lock(SQLModel, table=True):
    """A lock with the lease of its owner."""

    __tablename__ = "locks"

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = Field(sa_type=Moment)  # the machine's clock
