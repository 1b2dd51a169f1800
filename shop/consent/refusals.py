"""Refusals by mail servers while a mail is sent: events like those that come back later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Select, select
from sqlmodel import col

from shop.consent.failure_reasons import FailureReason
from shop.consent.suppressions import DeliveryEvent, EventKind, record_events
from shop.db.upsert import IN_VALUES
from shop.tables import Message


@dataclass(frozen=True)
class Refusal:
    """What a server answered to one mail, and what that means for its address."""

    kind: EventKind
    reason: FailureReason
    detail: str


def record_refusals(
    connection: Connection, refusals: Mapping[str, Refusal], source: str, now: datetime
) -> None:
    """Records an event for each of `refusals`, by message id: what a sender was answered."""
    if not refusals:
        return
    events = [
        DeliveryEvent(
            source=source,
            key=f"{row.id}/{now.isoformat()}",
            kind=refusals[row.id].kind,
            happened_at=now,
            message_id=row.id,
            address=row.to_address,
            detail=refusals[row.id].detail,
            reason=refusals[row.id].reason,
        )
        for row in connection.execute(_recipients_query(), {"values": list(refusals)})
    ]
    record_events(connection, events, now=now)


@cache
def _recipients_query() -> Select[tuple[str, str | None]]:
    return select(col(Message.id), col(Message.to_address)).where(col(Message.id).in_(IN_VALUES))
