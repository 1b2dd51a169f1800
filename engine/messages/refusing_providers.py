"""Stops the mail of providers that refuse most of it alike.

When most recipients at one provider are refused for the same reason, the reason is hardly each of
them. Senders that hear at once use `engine.delivery.provider_breaker`; what comes back later, by
mail or webhook, is counted here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select
from sqlmodel import col

from engine.message_states import State
from mail.failures.mailbox_providers import domain_provider, mailbox_provider
from shop.consent.failure_reasons import ADDRESS_REASONS, FailureReason
from shop.consent.refusals import lift_bounces
from shop.consent.suppressions import DeliveryEvent, EventKind
from shop.db.mail_domain import MailDomain
from shop.db.provider_stops import allowed_providers, load_provider_stops, stop_provider
from shop.db.upsert import IN_VALUES
from shop.tables import MailEvent, Message

MIN_REFUSALS = 5
WINDOW = timedelta(days=1)  # a run's mails, most of which come back within a day
REFUSALS = (EventKind.BOUNCED, EventKind.SOFT_BOUNCED)
SENT_STATES = (State.SENT, State.DELIVERED, State.BOUNCED, State.FAILED, State.COMPLAINED)
LIFTED_BECAUSE = "most mails to {provider} were refused alike"
STOP_REASON = "{refused} of {sent} mails were refused alike: {reason}"


@dataclass(frozen=True)
class RefusingProvider:
    """A provider that refused `message_ids` for `reason`; `refused` of the mails `sent` to it."""

    provider: str
    reason: FailureReason
    refused: int
    sent: int
    message_ids: tuple[str, ...]


def is_refused_alike(refused: int, sent: int) -> bool:
    """Whether `refused` mails for one reason, of `sent` to one provider, stop it: five or more,
    and more than half.
    """
    return refused >= MIN_REFUSALS and refused * 2 > sent


def stop_refusing_providers(
    connection: Connection, refusing: Iterable[RefusingProvider], *, now: datetime
) -> None:
    """Stops the mail of each provider, and lifts what its answers suppressed: an answer that most
    get is not about their addresses.
    """
    for item in refusing:
        because = STOP_REASON.format(refused=item.refused, sent=item.sent, reason=item.reason.value)
        stop_provider(connection, item.provider, because, now=now)
        lifted_because = LIFTED_BECAUSE.format(provider=item.provider)
        addresses = _suppressed_addresses(connection, item)
        lift_bounces(connection, addresses, lifted_because, now=now)


def stop_providers_by_reports(
    connection: Connection, new_events: Iterable[DeliveryEvent], *, now: datetime
) -> None:
    """Stops the providers that, by all reports so far, refused most mails of the last day alike.

    Only those that `new_events` are about are looked at. `regulars start --to` allows a provider
    for a day.
    """
    refused_now = {
        (mailbox_provider(event.address), event.reason)
        for event in new_events
        if event.kind in REFUSALS and event.reason and event.address and event.message_id
    }
    allowed = allowed_providers(connection, now=now) | load_provider_stops(connection).keys()
    candidates = {pair for pair in refused_now if pair[0] not in allowed}
    if candidates:
        stop_refusing_providers(connection, _refusing(connection, candidates, now), now=now)


def _refusing(
    connection: Connection, candidates: Iterable[tuple[str, FailureReason]], now: datetime
) -> list[RefusingProvider]:
    parameters = {"since": now - WINDOW, "now": now}
    refused: Counter[tuple[str, str]] = Counter()
    for domain, reason, mails in connection.execute(_refused_query(), parameters):
        refused[domain_provider(domain), reason] += mails
    most = [pair for pair in candidates if refused[pair[0], pair[1].value] >= MIN_REFUSALS]
    if not most:
        return []
    sent: Counter[str] = Counter()
    for domain, mails in connection.execute(_sent_query(), parameters):
        sent[domain_provider(domain)] += mails
    return [
        RefusingProvider(
            provider, reason, refused[provider, reason.value], sent[provider],
            _refused_messages(connection, provider, reason, parameters),
        )
        for provider, reason in sorted(most)
        if is_refused_alike(refused[provider, reason.value], sent[provider])
    ]  # fmt: skip


def _refused_messages(
    connection: Connection, provider: str, reason: FailureReason, parameters: dict[str, datetime]
) -> tuple[str, ...]:
    rows = connection.execute(_messages_query(), parameters | {"reason": reason.value})
    return tuple(id_ for id_, address in rows if mailbox_provider(address or "") == provider)


def _suppressed_addresses(connection: Connection, item: RefusingProvider) -> list[str]:
    if item.reason not in ADDRESS_REASONS or not item.message_ids:
        return []
    query = select(col(Message.to_address)).where(col(Message.id).in_(IN_VALUES))
    addresses = connection.scalars(query, {"values": list(item.message_ids)})
    return [address for address in addresses if address]


@cache
def _sent_query() -> Select[Any]:
    domain = MailDomain(col(Message.to_address))
    return select(domain, func.count()).where(*_sent_lately()).group_by(domain)


@cache
def _refused_query() -> Select[Any]:
    domain = MailDomain(col(Message.to_address))
    mails = func.count(func.distinct(col(Message.id)))
    return (
        select(domain, col(MailEvent.reason), mails)
        .join(MailEvent, col(MailEvent.message_id) == col(Message.id))
        .where(*_sent_lately(), _is_refusal(), col(MailEvent.reason).is_not(None))
        .group_by(domain, col(MailEvent.reason))
    )


@cache
def _messages_query() -> Select[tuple[str, str | None]]:
    return (
        select(col(Message.id), col(Message.to_address))
        .join(MailEvent, col(MailEvent.message_id) == col(Message.id))
        .where(*_sent_lately(), _is_refusal(), col(MailEvent.reason) == bindparam("reason"))
        .distinct()
        .order_by(col(Message.id))
    )


def _is_refusal() -> Any:
    return col(MailEvent.kind).in_([kind.value for kind in REFUSALS])


def _sent_lately() -> tuple[Any, ...]:
    """By the index of open messages: those due in the window have been sent in it."""
    return (
        col(Message.state).in_([state.value for state in SENT_STATES]),
        col(Message.due_at) > bindparam("since"),
        col(Message.due_at) <= bindparam("now"),
        col(Message.to_address).is_not(None),
    )
