"""Refusals by mail servers: those that are answered while a mail is sent, and taking them back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Select, select, update
from sqlmodel import col

from shop.consent.delivery_events import record_events
from shop.consent.failure_reasons import FailureReason
from shop.consent.imports.lists import is_on_imported_list
from shop.consent.suppressions import BOUNCES, DeliveryEvent, EventKind, is_suppressed
from shop.db.upsert import IN_VALUES
from shop.identity.customers import email_key
from shop.tables import Message, Suppression


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


def lift_bounces(
    connection: Connection, addresses: Collection[str], because: str, *, now: datetime
) -> None:
    """Lifts the suppressions of `addresses` that only bounces are the reason of.

    What the owner suppressed by hand or by a list stays, and what somebody complained about.
    """
    connection.execute(
        update(Suppression)
        .where(
            col(Suppression.address).in_([email_key(address) for address in addresses]),
            col(Suppression.reason).in_(BOUNCES),
            is_suppressed(),
            ~is_on_imported_list(),
        )
        .values(lifted_at=now, lifted_because=because)
    )


@cache
def _recipients_query() -> Select[tuple[str, str | None]]:
    return select(col(Message.id), col(Message.to_address)).where(col(Message.id).in_(IN_VALUES))
