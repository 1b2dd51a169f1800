"""Quarantined records: which, since when, why, and how the owner can fix them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlmodel import col

from connectors.registry import platform_of
from engine.config.owner_config import OwnerConfig
from shop.tables import QuarantinedRecord

MAILBOX_SOURCE = "the mailbox"  # the blank: names in config.yaml have none


@dataclass(frozen=True)
class SetAside:
    """One reason why one record was not used, or not all of it."""

    source: str
    kind: str
    record: str
    why: str
    since: datetime


def list_quarantined(connection: Connection) -> list[SetAside]:
    """Returns all quarantined records, by source and time, without their content."""
    columns = ("source", "stream", "record_key", "reason", "seen_at")
    query = select(*(col(getattr(QuarantinedRecord, name)) for name in columns)).order_by(
        col(QuarantinedRecord.source), col(QuarantinedRecord.seen_at), col(QuarantinedRecord.id)
    )
    return [SetAside(*row) for row in connection.execute(query)]


def count_quarantined(connection: Connection) -> dict[str, int]:
    """Returns how many records of each source are quarantined; sources without any are left out.

    A record with several reasons counts once.
    """
    records = (
        select(col(QuarantinedRecord.source))
        .group_by(
            col(QuarantinedRecord.source),
            col(QuarantinedRecord.stream),
            col(QuarantinedRecord.record_key),
        )
        .subquery()
    )
    query = select(records.c.source, func.count()).group_by(records.c.source)
    return dict(connection.execute(query).tuples().all())


def remedy(config: OwnerConfig, source: str) -> str:
    """Returns a sentence for the owner: how to fix the quarantined records of `source`."""
    if source == MAILBOX_SOURCE:
        return "Look at them in your mailbox; they leave this list after 30 days."
    source_config = config.sources.get(source)
    if source_config is None:
        return "The file no longer names this source: there is nothing to do."
    location = platform_of(source_config).location(source_config)
    return f"Put them right {location}, and run: regulars sync {source}"
