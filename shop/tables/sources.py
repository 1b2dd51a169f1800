"""How far the sources have been read, and the records that could not be used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class SyncState(SQLModel, table=True):
    """How far one stream of one source has been read."""

    __tablename__ = "sync_states"

    source: str = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    since: datetime | None = Field(default=None, sa_type=Moment)
    until: datetime | None = Field(default=None, sa_type=Moment)  # set while a sweep is under way
    cursor: str | None = None
    fingerprint: str | None = None  # of a file
    reader: int | None = None  # which version of the stream's reader read it; NULL: the first
    newest_at: datetime | None = Field(default=None, sa_type=Moment)  # the newest change seen
    finished_at: datetime | None = Field(default=None, sa_type=Moment)
    removed_at: datetime | None = Field(default=None, sa_type=Moment)  # source left config.yaml


class ListedRecord(SQLModel, table=True):
    """An id that a source lists now; only while its ids are being compared."""

    __tablename__ = "listed_records"

    source: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)


class QuarantinedRecord(SQLModel, table=True):
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
