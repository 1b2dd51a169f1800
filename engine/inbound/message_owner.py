"""Filters a provider's reports for this shop's mails: the account may send for others too."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlmodel import col

from shop.consent.suppressions import BATCH_SIZE, EventKind
from shop.tables import MailEvent, Message, SignUp


def own_message_ids(connection: Connection, message_ids: Collection[str]) -> set[str]:
    """Returns those of `message_ids` that are mails or sign-up confirmations of this shop."""
    own_ids: set[str] = set()
    for chunk in _chunks(message_ids):
        for id_column in (col(Message.id), col(SignUp.id)):
            own_ids.update(connection.scalars(select(id_column).where(id_column.in_(chunk))))
    return own_ids


def delivered_at(connection: Connection, message_ids: Collection[str]) -> dict[str, datetime]:
    """Returns the time of the first delivery event of each mail that has one, by message id."""
    delivered: dict[str, datetime] = {}
    for chunk in _chunks(message_ids):
        first = (
            select(col(MailEvent.message_id), func.min(col(MailEvent.happened_at)))
            .where(
                col(MailEvent.message_id).in_(chunk),
                col(MailEvent.kind) == EventKind.DELIVERED.value,
            )
            .group_by(col(MailEvent.message_id))
        )
        delivered.update(connection.execute(first).tuples().all())  # type: ignore[arg-type]  # has an id: asked for by it
    return delivered


def _chunks(ids: Collection[str]) -> Iterator[list[str]]:
    sorted_ids = sorted(ids)
    for start in range(0, len(sorted_ids), BATCH_SIZE):
        yield sorted_ids[start : start + BATCH_SIZE]
