"""Which messages wait for approval: the first of a new rule, and those above `ask me above`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    Update,
    and_,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.message_states import ACCEPTED, State
from engine.messages.leases import IS_PENDING
from shop.db.upsert import IN_VALUES
from shop.tables import Customer, Message

WINDOW = timedelta(hours=24)
TRUSTED_AFTER = 10  # mails after which a rule is no longer new
SENT_STATES = ACCEPTED | {State.SENDING, State.IN_DOUBT}
IS_HELD = col(Message.state) == State.AWAITING_APPROVAL.value
IS_UNSEEN = and_(IS_PENDING, col(Message.approve_first).is_(False))
IS_OVER_LIMIT = and_(IS_HELD, col(Message.approve_first).is_(False))


def hold_above_limit(
    connection: Connection, config: OwnerConfig, messages: Sequence[dict[str, Any]], now: datetime
) -> None:
    """Sets the state of new `messages` of one rule to `awaiting approval` where approval is needed.

    Changes the rows in place, before they are inserted. Needed for `approve first`, for a live
    shop's new rules, and for what exceeds the limit of the last 24 hours.
    """
    since = now - WINDOW
    remaining = _remaining_limit(connection, config, since=since, needed=len(messages))
    if messages and config.sending.is_live and _is_new(connection, messages[0]["rule"]):
        for message in messages:
            message["approve_first"] = True
    for message in messages:
        if message["approve_first"] or remaining <= 0:
            message["state"] = State.AWAITING_APPROVAL.value
        else:
            remaining -= 1


def hold_new_rules(connection: Connection, config: OwnerConfig) -> None:
    """Holds pending mails of new rules that were written in a rehearsal, once `config` is live."""
    if not config.sending.is_live:
        return
    rules = connection.scalars(_unseen_rules_query()).all()
    new_rules = [rule for rule in rules if _is_new(connection, rule)]
    if new_rules:
        connection.execute(_hold_update(), {"values": new_rules})


@cache
def _unseen_rules_query() -> Select[tuple[str]]:
    return select(col(Message.rule)).where(IS_UNSEEN).distinct()


@cache
def _hold_update() -> Update:
    of_rules = col(Message.rule).in_(IN_VALUES)
    columns = {"state": State.AWAITING_APPROVAL.value, "approve_first": True}
    return update(Message).where(IS_UNSEEN, of_rules).values(**columns)


def _is_new(connection: Connection, rule: str) -> bool:
    """Until ten of its mails were sent, or approved."""
    return len(connection.scalars(_trusted_mails_query(), {"of": rule}).all()) < TRUSTED_AFTER


@cache
def _trusted_mails_query() -> Select[tuple[str]]:
    """The mails of a rule that were sent, or that the owner approved and that wait to be sent.

    Limited to `TRUSTED_AFTER`, so that the cost does not grow with the history of a rule.
    """
    is_sent = col(Message.state).in_([state.value for state in SENT_STATES])
    counts_towards_trust = or_(
        and_(is_sent, col(Message.through) != "outbox"),
        and_(IS_PENDING, col(Message.approve_first).is_(True)),
    )
    query = select(col(Message.id)).where(
        col(Message.rule) == bindparam("of"), counts_towards_trust
    )
    return query.limit(TRUSTED_AFTER)


def releasable_messages(connection: Connection, config: OwnerConfig) -> Sequence[str]:
    """Returns the ids of held messages that a raised limit allows, the oldest first."""
    first_held_at = connection.scalar(_first_held_query())
    if first_held_at is None:
        return []
    # Counted from before the first of them: the passing of a day is no approval.
    remaining = _remaining_limit(connection, config, since=first_held_at - WINDOW)
    return connection.scalars(_oldest_held_query(), {"room": max(0, remaining)}).all()


@cache
def _first_held_query() -> Select[tuple[datetime]]:
    return select(func.min(col(Message.created_at))).where(IS_OVER_LIMIT)


@cache
def _oldest_held_query() -> Select[tuple[str]]:
    """Rows that the owner is deciding about are locked and left out."""
    query = select(col(Message.id)).where(IS_OVER_LIMIT)
    query = query.order_by(col(Message.created_at), col(Message.id))
    return query.limit(bindparam("room", type_=Integer)).with_for_update(skip_locked=True)


def _remaining_limit(
    connection: Connection, config: OwnerConfig, *, since: datetime, needed: int | None = None
) -> int:
    """How many more messages may go without approval, over all rules.

    Where as many as are `needed` may, and perhaps more: only above the fixed number of `ask me
    above` do the customers have to be counted.
    """
    if needed == 0:
        return 0
    limit = config.sending.ask_me_above
    released = connection.scalar(_released_count_query(), {"since": since}) or 0
    remaining = limit.limit(0) - released
    if limit.percent is None or (needed is not None and remaining >= needed):
        return remaining
    return limit.limit(connection.scalar(_customer_count_query()) or 0) - released


@cache
def _customer_count_query() -> Select[tuple[int]]:
    return select(func.count()).select_from(Customer)


@cache
def _released_count_query() -> Select[tuple[int]]:
    is_recent = col(Message.created_at) > bindparam("since")
    return select(func.count()).where(is_recent, ~IS_HELD, col(Message.approve_first).is_(False))
