"""What was found when a shop was last looked over."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class DoctorRun(SQLModel, table=True):
    """What the doctor found, for one set of settings; the newest look at them counts."""

    __tablename__ = "examinations"

    about: str = Field(primary_key=True)  # a digest of what it was about
    at: datetime = Field(sa_type=Moment)  # the machine's clock
    wrong: int
    first_wrong: str | None = None  # in the owner's words
