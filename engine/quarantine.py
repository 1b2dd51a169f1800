"""Records that no source's reading could use: which, since when, why, and what helps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlmodel import col

from connectors.registry import platform_of
from engine.config.owner_config import OwnerConfig
from shop.tables import QuarantinedRecord

MAILBOX_SOURCE = "the mailbox"  # a blank: no source of the owner's can be called that


@dataclass(frozen=True)
class SetAside:
    """One reason why one record was not used, or not all of it."""

    source: str
    kind: str
    record: str
    why: str
    since: datetime


def list_quarantined(connection: Connection) -> list[SetAside]:
    """By source; what the records themselves say is not among it."""
    columns = ("source", "stream", "record_key", "reason", "seen_at")
    query = select(*(col(getattr(QuarantinedRecord, name)) for name in columns)).order_by(
        col(QuarantinedRecord.source), col(QuarantinedRecord.seen_at), col(QuarantinedRecord.id)
    )
    return [SetAside(*row) for row in connection.execute(query)]


def remedy(config: OwnerConfig, source: str) -> str:
    """What its owner can do about the records of one source."""
    if source == MAILBOX_SOURCE:
        return "Look at them in your mailbox; they leave this list after 30 days."
    source_config = config.sources.get(source)
    if source_config is None:
        return "The file no longer names this source: there is nothing to do."
    location = platform_of(source_config).location(source_config)
    return f"Put them right {location}, and run: regulars sync {source}"
