"""In which language a shop began."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class EarlierLanguage(SQLModel, table=True):
    """One row in a shop that had customers when every mail was English; none in others."""

    __tablename__ = "earlier_language"

    code: str = Field(primary_key=True)
