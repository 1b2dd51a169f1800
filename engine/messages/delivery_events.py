"""Stores the delivery events of mail services and applies them to messages.

A state follows from all events of a message, so neither order nor repetition matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlmodel import col

from engine.message_states import ACCEPTED, State
from engine.messages.bulk_update import update_columns
from engine.messages.recipients import load_recipients
from engine.messages.refusing_providers import stop_providers_by_reports
from engine.messages.service_digest import went_with
from engine.messages.settle import settle_messages
from engine.messages.settlement import Settlement
from engine.open.open_shop import OpenShop
from engine.tick_context import TickContext, context_of_last_tick
from shop.consent.basis import ConsentValue, DirectStatement, record_direct_statements
from shop.consent.delivery_events import record_events
from shop.consent.suppressions import DeliveryEvent, EventKind
from shop.db.engine import write_transaction
from shop.db.upsert import IN_VALUES
from shop.tables import MailEvent, Message

BATCH_SIZE = 500  # messages per statement
# Each event proves that the mail was sent; the most severe state wins.
STATE_OF_EVENT: dict[EventKind, State] = {
    EventKind.ACCEPTED: State.SENT,
    EventKind.DEFERRED: State.SENT,
    EventKind.DELIVERED: State.DELIVERED,
    EventKind.OPENED: State.DELIVERED,
    EventKind.CLICKED: State.DELIVERED,
    EventKind.UNSUBSCRIBED: State.DELIVERED,
    EventKind.REPLIED: State.DELIVERED,
    EventKind.SOFT_BOUNCED: State.BOUNCED,
    EventKind.BOUNCED: State.BOUNCED,
    EventKind.REJECTED: State.FAILED,
    EventKind.COMPLAINED: State.COMPLAINED,
    EventKind.FORGED_COMPLAINT: State.SENT,
}
SEVERITY_ORDER = (State.SENT, State.FAILED, State.DELIVERED, State.BOUNCED, State.COMPLAINED)
UNSETTLED_STATES = {State.IN_DOUBT, State.QUEUED, State.DEFERRED}
SETTLED_STATES = ACCEPTED | {State.FAILED}
OPT_OUT_EVENTS = {EventKind.UNSUBSCRIBED: "unsubscribed", EventKind.COMPLAINED: "complained"}


def receive_events(shop: OpenShop, events: Sequence[DeliveryEvent], *, now: datetime) -> int:
    """Stores new `events` and applies them, in one transaction; returns how many were new."""
    with write_transaction(shop.engine) as connection:
        return len(apply_events(connection, shop, events, now=now))


def apply_events(
    connection: Connection, shop: OpenShop, events: Sequence[DeliveryEvent], *, now: datetime
) -> list[DeliveryEvent]:
    """Stores new `events` and applies them in the transaction of `connection`; returns the new."""
    new_events = record_events(connection, events, now=now)
    apply_stored(connection, shop, new_events, now=now)
    stop_providers_by_reports(connection, new_events, now=now)
    return new_events


def apply_stored(
    connection: Connection, shop: OpenShop, events: Sequence[DeliveryEvent], *, now: datetime
) -> None:
    """Applies `events` that are stored: opt-outs of customers, and the states of their mails."""
    _record_opt_outs(connection, events)
    message_ids = sorted({event.message_id for event in events if event.message_id})
    refresh_states(connection, shop, message_ids, context_of_last_tick(connection, now))


def opt_out_evidence(kind: EventKind, source: str) -> str:
    """Returns the evidence of the opt-out that an event of `kind` from `source` is."""
    return f"{OPT_OUT_EVENTS[kind]}, told by {source}"


def refresh_states(
    connection: Connection, shop: OpenShop, message_ids: Sequence[str], context: TickContext
) -> None:
    """Sets the states of `message_ids` that follow from all their events, and moves series on."""
    for start in range(0, len(message_ids), BATCH_SIZE):
        ids = message_ids[start : start + BATCH_SIZE]
        current_states = dict(
            connection.execute(_current_states_query(), {"values": ids}).tuples().all()
        )
        new_states = _states_from_events(connection, ids)
        _settle_from_events(connection, shop, new_states, current_states, context)
        _update_settled(connection, new_states, current_states)


def _settle_from_events(
    connection: Connection,
    shop: OpenShop,
    new_states: dict[str, tuple[State, str | None]],
    current_states: dict[str, str],
    context: TickContext,
) -> None:
    """Settles mails that were in doubt or queued again: an event proves that they were sent."""
    settlements = [
        Settlement(message_id, State.FAILED if state is State.FAILED else State.SENT, detail)
        for message_id, (state, detail) in new_states.items()
        if current_states.get(message_id) in UNSETTLED_STATES
    ]
    settle_messages(connection, shop.config, settlements, context)
    current_states.update({settled.message_id: settled.state.value for settled in settlements})


def _update_settled(
    connection: Connection,
    new_states: dict[str, tuple[State, str | None]],
    current_states: dict[str, str],
) -> None:
    """The messages that went in one mail with others share its fate."""
    changed = {
        message_id: state_and_detail
        for message_id, state_and_detail in new_states.items()
        if current_states.get(message_id) in SETTLED_STATES
        and current_states[message_id] != state_and_detail[0]
    }
    parts = went_with(connection, list(changed))
    changed |= {part: changed[digest] for part, digest in parts}
    rows = [
        {"row": message_id, "state": state.value, "reason": detail}
        for message_id, (state, detail) in changed.items()
    ]
    if rows:
        connection.execute(update_columns(Message, "state", "reason"), rows)


def _states_from_events(
    connection: Connection, message_ids: Collection[str]
) -> dict[str, tuple[State, str | None]]:
    """By message: the most severe state that its events prove, and the detail of a failure."""
    states_by_message: dict[str, list[tuple[State, str | None]]] = defaultdict(list)
    rows = connection.execute(_events_query(), {"values": list(message_ids)})
    for message_id, kind, detail in rows:
        if state := STATE_OF_EVENT.get(EventKind(kind)):
            is_failure = state in (State.BOUNCED, State.FAILED, State.COMPLAINED)
            states_by_message[message_id].append((state, detail if is_failure else None))
    return {id_: max(states, key=_severity) for id_, states in states_by_message.items()}


@cache
def _events_query() -> Select[Any]:
    query = select(col(MailEvent.message_id), col(MailEvent.kind), col(MailEvent.detail))
    return query.where(col(MailEvent.message_id).in_(IN_VALUES)).order_by(
        col(MailEvent.happened_at)
    )


def _severity(state_and_detail: tuple[State, str | None]) -> int:
    return SEVERITY_ORDER.index(state_and_detail[0])


@cache
def _current_states_query() -> Select[tuple[str, str]]:
    """Locks the rows: a concurrent settlement waits."""
    query = select(col(Message.id), col(Message.state)).where(col(Message.id).in_(IN_VALUES))
    return query.order_by(col(Message.id)).with_for_update()


def _record_opt_outs(connection: Connection, new_events: Iterable[DeliveryEvent]) -> None:
    """An unsubscribe or spam complaint at the mail service is an opt-out."""
    opt_outs = [event for event in new_events if event.kind in OPT_OUT_EVENTS and event.message_id]
    customer_ids = load_recipients(connection, {event.message_id or "" for event in opt_outs})
    statements = [
        DirectStatement(
            customer=customer_id,
            consent=ConsentValue.NO,
            at=event.happened_at,
            evidence=opt_out_evidence(event.kind, event.source),
            wording=event.detail,
            actor="the customer",
            source=event.source,
        )
        for event in opt_outs
        for customer_id in sorted(customer_ids.get(event.message_id or "", ()))
    ]
    record_direct_statements(connection, statements)
