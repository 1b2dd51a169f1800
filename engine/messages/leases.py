"""Leases of messages while they are sent, and reclaiming those of ended deliveries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Update,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
    update,
)
from sqlmodel import col

from engine.message_states import State
from engine.messages.held_lease import take_over
from engine.messages.service_digest import lock_companions, release_parts
from shop.db.constant_values import is_one_of
from shop.db.stops import is_rule_stopped, is_stopped
from shop.db.upsert import STATEMENT_CACHE_SIZE
from shop.db.workers import is_reclaimable
from shop.tables import Message, SignUp
from shop.tables.messages import PENDING

BATCH_SIZE = 200
IS_PENDING = is_one_of(col(Message.state), [State.QUEUED.value, State.DEFERRED.value])
# The condition of the partial index `messages_pending`, in its words: no other index fits it.
IN_QUEUE = text(PENDING)


@dataclass(frozen=True)
class CutOff:
    """A message whose sending was interrupted."""

    message_id: str
    lease_owner: str
    through: str  # the name of its sender


def lock_due_messages(
    connection: Connection,
    rules: Sequence[str],
    allowed: ColumnElement[bool],
    *,
    now: datetime,
    limit: int,
) -> list[str]:
    """Returns the ids of the next due messages and locks their rows.

    At most `limit`, in the order of `rules`, then by age. Rules that are not among `rules` come
    last. `allowed` restricts the messages further. A query a rule, in the order of an index: the
    cost does not grow with the length of the queue.
    """
    ids: list[str] = []
    parameters = {"now": now, "by_machine": datetime.now(UTC)}
    for rule in _in_order(connection.scalars(_pending_rules_query()).all(), rules):
        if len(ids) == limit:
            break
        of_rule = parameters | {"rule": rule, "most": limit - len(ids)}
        ids += connection.scalars(_due_query(allowed), of_rule)
    return ids


def lock_service_mails(
    connection: Connection, message_ids: Sequence[str], *, now: datetime
) -> list[str]:
    """Returns the service messages that may go with those among `message_ids`; locks their rows."""
    moments = {"now": now, "by_machine": datetime.now(UTC)}
    return lock_companions(connection, message_ids, _is_retryable(), moments)


@cache
def _is_retryable() -> ColumnElement[bool]:
    retry_at = col(Message.retry_at)
    return and_(IN_QUEUE, or_(retry_at.is_(None), retry_at <= bindparam("by_machine")))


def _in_order(pending: Collection[str], rules: Sequence[str]) -> list[str]:
    positions = {name: position for position, name in enumerate(rules)}
    return sorted(pending, key=lambda rule: (positions.get(rule, len(rules)), rule))


@cache
def _pending_rules_query() -> Select[tuple[str]]:
    """The rules that have pending messages and are not stopped.

    1. The first name in the index `messages_pending`.
    2. After each name the next one: a search for each rule instead of a look at each message.
    """
    first = select(func.min(col(Message.rule)).label("rule")).where(IN_QUEUE)
    pending = first.cte("pending", recursive=True)
    following = select(func.min(col(Message.rule))).where(
        IN_QUEUE, col(Message.rule) > pending.c.rule
    )
    pending = pending.union_all(
        select(following.scalar_subquery()).where(pending.c.rule.is_not(None))
    )
    rule = pending.c.rule
    return select(rule).where(rule.is_not(None), ~is_rule_stopped(rule))


@lru_cache(STATEMENT_CACHE_SIZE)
def _due_query(allowed: ColumnElement[bool]) -> Select[tuple[str]]:
    may_retry = or_(
        col(Message.retry_at).is_(None), col(Message.retry_at) <= bindparam("by_machine")
    )
    is_due = (col(Message.rule) == bindparam("rule")) & (col(Message.due_at) <= bindparam("now"))
    return (
        select(col(Message.id))
        .where(IN_QUEUE, is_due, ~is_stopped(), allowed, may_retry)
        .order_by(col(Message.due_at), col(Message.created_at), col(Message.id))
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
    )


def take_over_abandoned(
    connection: Connection, mail: type[Message | SignUp] = Message
) -> list[CutOff]:
    """Returns the messages in `sending` whose delivery has ended, or whose lease has expired.

    Their rows are locked, and what their holder still writes about them changes nothing.
    """
    rows = connection.execute(_sending_query(mail)).all()
    # One answer per owner: it has all of its messages, or none.
    latest = {row.claimed_by: row.claimed_until for row in rows}
    dead_owners = {
        lease_owner
        for lease_owner, until in latest.items()
        if not (lease_owner and until) or is_reclaimable(lease_owner, until)
    }
    cut_off = [
        CutOff(row.id, row.claimed_by or "", row.through or "")
        for row in rows
        if row.claimed_by in dead_owners
    ]
    take_over(connection, [mail.message_id for mail in cut_off], mail)
    return cut_off


@cache
def _sending_query(mail: type[Message | SignUp]) -> Select[Any]:
    """Rows locked by a concurrent reclaim are left out."""
    columns = (col(mail.id), col(mail.through), col(mail.claimed_by), col(mail.claimed_until))
    query = select(*columns).where(col(mail.state) == State.SENDING.value)
    return query.with_for_update(skip_locked=True)


def release_messages(connection: Connection, message_ids: Sequence[str]) -> None:
    """Puts `message_ids` back into the queue; of a digest, its parts too."""
    if message_ids:
        connection.execute(_release_update(), {"ids": message_ids})
        release_parts(connection, message_ids)


@cache
def _release_update() -> Update:
    columns = {
        "state": State.QUEUED.value,
        "claimed_by": None,
        "claimed_until": None,
        "through": None,
    }
    in_batch = col(Message.id).in_(bindparam("ids", expanding=True))
    return update(Message).where(in_batch).values(**columns)
