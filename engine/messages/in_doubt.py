"""Mails in doubt: listing them, and the owner's decision about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, select, true
from sqlmodel import col

from engine.message_states import State
from engine.messages.leases import BATCH_SIZE, release_messages
from engine.messages.settle import settle_messages
from engine.messages.settlement import Settlement
from engine.open.open_shop import OpenShop
from engine.tick_context import context_of_last_tick
from shop.db.engine import write_transaction
from shop.tables import Message

IS_IN_DOUBT = col(Message.state) == State.IN_DOUBT.value
MIN_ID_LENGTH = 6  # characters of an id prefix


class DoubtDecision(StrEnum):
    """What the owner says about a mail in doubt; `AGAIN` sends it again."""

    WENT = "went"
    LOST = "lost"
    AGAIN = "again"


@dataclass(frozen=True)
class DoubtfulMail:
    """A mail that may have been sent."""

    id: str
    rule: str
    template: str
    customer_id: int
    through: str
    since: datetime


def list_doubtful(connection: Connection) -> list[DoubtfulMail]:
    """Returns the mails in doubt, the oldest first."""
    query = (
        select(
            col(Message.id), col(Message.rule), col(Message.template), col(Message.customer_id),
            col(Message.through), col(Message.settled_at),
        )
        .where(IS_IN_DOUBT)
        .order_by(col(Message.settled_at), col(Message.id))
    )  # fmt: skip
    return [
        DoubtfulMail(row.id, row.rule, row.template, row.customer_id, row.through, row.settled_at)
        for row in connection.execute(query)
    ]


def settle_doubt(
    shop: OpenShop, names: Sequence[str], decision: DoubtDecision, *, now: datetime
) -> tuple[list[str], list[str]]:
    """Applies the `decision` to the mails of the rules in `names`, and to those whose ids begin
    with one of `names`.

    Returns the ids that were settled, and one sentence for each of `names` that was not.
    """
    settled: list[str] = []
    refused: list[str] = []
    for name in dict.fromkeys(names):
        if of_rule := _settle_batches(shop, col(Message.rule) == name, decision, now):
            settled += of_rule
            continue
        with write_transaction(shop.engine) as connection:
            matches = _ids_with_prefix(connection, name)
            if len(matches) == 1:
                _settle(connection, shop, matches, decision, now)
                settled += matches
            elif matches:
                refused.append(f"Several mails in doubt begin with {name}. Write more of it.")
            else:
                refused.append(
                    f"{name} is no mail in doubt, and no rule that has any. "
                    "They are in: regulars doubt list"
                )
    return settled, refused


def settle_every_doubt(shop: OpenShop, decision: DoubtDecision, *, now: datetime) -> int:
    """Applies the `decision` to all mails in doubt; returns how many they were."""
    return len(_settle_batches(shop, true(), decision, now))


def _settle_batches(
    shop: OpenShop, chosen: ColumnElement[bool], decision: DoubtDecision, now: datetime
) -> list[str]:
    query = select(col(Message.id)).where(IS_IN_DOUBT, chosen).order_by(col(Message.id))
    settled: list[str] = []
    while True:
        with write_transaction(shop.engine) as connection:
            ids = connection.scalars(query.limit(BATCH_SIZE).with_for_update()).all()
            _settle(connection, shop, ids, decision, now)
        settled += ids
        if len(ids) < BATCH_SIZE:
            return settled


def _ids_with_prefix(connection: Connection, prefix: str) -> Sequence[str]:
    if len(prefix) < MIN_ID_LENGTH or not prefix.isalnum():
        return []
    query = select(col(Message.id)).where(IS_IN_DOUBT, col(Message.id).startswith(prefix.lower()))
    return connection.scalars(query.limit(2).with_for_update()).all()


def _settle(
    connection: Connection,
    shop: OpenShop,
    message_ids: Sequence[str],
    decision: DoubtDecision,
    now: datetime,
) -> None:
    if decision is DoubtDecision.AGAIN:
        release_messages(connection, message_ids)
        return
    state = State.SENT if decision is DoubtDecision.WENT else State.FAILED
    reason = f"you said that it {'went' if decision is DoubtDecision.WENT else 'was lost'}"
    context = context_of_last_tick(connection, now)
    settle_messages(
        connection,
        shop.config,
        [Settlement(message_id, state, reason) for message_id in message_ids],
        context,
    )
