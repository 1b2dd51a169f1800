"""Complaints by mail: many of one day wait for the owner, who may call them forged.

Anybody can write such a mail who knows the id of the mail it is about. So only the first of a day
are believed; for the others mail to the address is held, and nothing else, until the owner decides.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, select, update
from sqlmodel import col

from engine.messages.delivery_events import apply_stored, opt_out_evidence, refresh_states
from engine.messages.recipients import load_recipients
from engine.open.open_shop import OpenShop
from engine.tick_context import context_of_last_tick
from shop.consent.suppressions import (
    MAILBOX,
    DeliveryEvent,
    EventKind,
    confirm_complaint,
    dismiss_complaint,
)
from shop.consent.withdrawn_opt_outs import WithdrawnOptOut, withdraw_opt_outs
from shop.db.engine import write_transaction
from shop.identity.contacts import in_batches
from shop.identity.customers import email_key
from shop.tables import MailEvent, Message

BELIEVED_A_DAY = 2
DAY = timedelta(days=1)
COMPLAINTS = (
    EventKind.COMPLAINED.value,
    EventKind.HELD_COMPLAINT.value,
    EventKind.FORGED_COMPLAINT.value,
)


@dataclass(frozen=True)
class MailedComplaint:
    """A complaint that came by mail. `kind` says whether it counts, is held, or was forged."""

    address: str
    kind: EventKind
    at: datetime
    rule: str | None  # of the mail it is about; None for a sign-up's


def hold_excess(connection: Connection, events: Sequence[DeliveryEvent]) -> list[DeliveryEvent]:
    """Returns `events`; complaints by mail after the second of a day are to be confirmed."""
    complaints = [event.happened_at for event in events if event.kind is EventKind.COMPLAINED]
    if not complaints:
        return list(events)
    query = select(col(MailEvent.happened_at)).where(
        is_mailed_complaint(), col(MailEvent.happened_at) > min(complaints) - DAY
    )
    return hold_beyond_limit(events, connection.scalars(query))


def hold_beyond_limit(
    events: Iterable[DeliveryEvent], earlier: Iterable[datetime]
) -> list[DeliveryEvent]:
    """Returns `events`; complaints are held where two others, `earlier` or before them in the list,
    are less than a day away.
    """
    times, result = sorted(earlier), []
    for event in events:
        kind = event.kind
        if kind is EventKind.COMPLAINED:
            first, end = event.happened_at - DAY, event.happened_at + DAY
            if bisect_left(times, end) - bisect_right(times, first) >= BELIEVED_A_DAY:
                kind = EventKind.HELD_COMPLAINT
            insort(times, event.happened_at)
        result.append(replace(event, kind=kind))
    return result


def list_complaints(connection: Connection) -> list[MailedComplaint]:
    """Returns the complaints by mail, the latest first."""
    query = (
        select(
            col(MailEvent.address), col(MailEvent.kind), col(MailEvent.happened_at),
            col(Message.rule),
        )
        .outerjoin(Message, col(Message.id) == col(MailEvent.message_id))
        .where(is_mailed_complaint(), col(MailEvent.address).is_not(None))
        .order_by(col(MailEvent.happened_at).desc(), col(MailEvent.id))
    )  # fmt: skip
    return [
        MailedComplaint(row.address, EventKind(row.kind), row.happened_at, row.rule)
        for row in connection.execute(query)
    ]


def count_held(connection: Connection) -> int:
    """Returns how many complaints wait for the owner's decision."""
    held = col(MailEvent.kind) == EventKind.HELD_COMPLAINT.value
    return connection.scalar(select(func.count()).select_from(MailEvent).where(held)) or 0


def is_mailed_complaint() -> ColumnElement[bool]:
    """SQL condition on a row of mail_events."""
    return and_(col(MailEvent.source) == MAILBOX, col(MailEvent.kind).in_(COMPLAINTS))


def confirm_complaints(shop: OpenShop, addresses: Sequence[str], *, now: datetime) -> list[str]:
    """Counts the held complaints of `addresses`; of all that are held where there are none.

    Returns the addresses that had one.
    """
    with write_transaction(shop.engine) as connection:
        events = _complaints_of(connection, addresses, [EventKind.HELD_COMPLAINT])
        _set_kind(connection, events, EventKind.COMPLAINED)
        for address in _addresses(events):
            confirm_complaint(connection, address, now=now)
        confirmed = [replace(event, kind=EventKind.COMPLAINED) for event in events.values()]
        apply_stored(connection, shop, confirmed, now=now)
    return _addresses(events)


def dismiss_complaints(
    shop: OpenShop, addresses: Sequence[str], because: str, *, now: datetime
) -> list[str]:
    """Takes the complaints by mail of `addresses` back; all that are held where there are none.

    Mail may go there again, except to an address that bounced or complained by other means, and the
    customers' opt-outs that followed from them no longer count. Returns the addresses that had one.
    """
    kinds = [EventKind.HELD_COMPLAINT, *([EventKind.COMPLAINED] if addresses else [])]
    with write_transaction(shop.engine) as connection:
        events = _complaints_of(connection, addresses, kinds)
        _set_kind(connection, events, EventKind.FORGED_COMPLAINT)
        for address in _addresses(events):
            dismiss_complaint(connection, address, because, now=now)
        believed = [event for event in events.values() if event.kind is EventKind.COMPLAINED]
        _withdraw_opt_outs(connection, believed, because)
        ids = sorted({event.message_id for event in believed if event.message_id})
        refresh_states(connection, shop, ids, context_of_last_tick(connection, now))
    return _addresses(events)


def _addresses(events: Mapping[int, DeliveryEvent]) -> list[str]:
    return sorted({event.address for event in events.values() if event.address})


def _complaints_of(
    connection: Connection, addresses: Sequence[str], kinds: Sequence[EventKind]
) -> dict[int, DeliveryEvent]:
    query = select(
        col(MailEvent.id), col(MailEvent.key), col(MailEvent.kind), col(MailEvent.happened_at),
        col(MailEvent.message_id), col(MailEvent.address), col(MailEvent.detail),
    ).where(
        col(MailEvent.source) == MAILBOX, col(MailEvent.kind).in_([kind.value for kind in kinds])
    ).order_by(col(MailEvent.id))  # fmt: skip
    if addresses:
        keys = {email_key(address) for address in addresses}
        query = query.where(col(MailEvent.address).in_(keys))
    return {
        id_: DeliveryEvent(MAILBOX, key, EventKind(kind), *columns)
        for id_, key, kind, *columns in connection.execute(query)
        if id_ is not None
    }


def _set_kind(connection: Connection, ids: Collection[int], kind: EventKind) -> None:
    for chunk in in_batches(ids):
        connection.execute(
            update(MailEvent).where(col(MailEvent.id).in_(chunk)).values(kind=kind.value)
        )


def _withdraw_opt_outs(
    connection: Connection, events: Sequence[DeliveryEvent], because: str
) -> None:
    customers = load_recipients(connection, {event.message_id or "" for event in events})
    withdraw_opt_outs(
        connection,
        [
            WithdrawnOptOut(customer, event.happened_at)
            for event in events
            for customer in customers.get(event.message_id or "", ())
        ],
        source=MAILBOX,
        evidence=opt_out_evidence(EventKind.COMPLAINED, MAILBOX),
        because=because,
    )
