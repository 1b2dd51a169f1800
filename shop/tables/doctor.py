"""Results of `regulars doctor`."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class DoctorRun(SQLModel, table=True):
    """The newest result of the doctor for one set of settings."""

    __tablename__ = "examinations"

    about: str = Field(primary_key=True)  # a digest of the settings that were checked
    at: datetime = Field(sa_type=Moment)  # the machine's clock
    wrong: int
    first_wrong: str | None = None  # a sentence
    findings: str | None = None  # all of them, as JSON; NULL: of before they were kept
