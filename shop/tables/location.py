"""Where the database is."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class DatabaseLocation(SQLModel, table=True):
    """One row: the place at which this database was last known to be the shop's own."""

    __tablename__ = "home"

    id: int = Field(primary_key=True)
    place: str  # shop.db.location.Location.key
    spoken: str
    since: datetime = Field(sa_type=Moment)  # the machine's clock
