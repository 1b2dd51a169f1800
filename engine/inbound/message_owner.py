"""Which of the mails a mail service speaks of are ours: its account may send for others too."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlmodel import col

from shop.consent.suppressions import MANY, Kind
from shop.tables import MailEvent, Message, SignUp


def ours(connection: Connection, message_ids: Collection[str]) -> set[str]:
    """Those that are mails of this shop; of strangers nothing is kept."""
    known: set[str] = set()
    for ids in _parts(message_ids):
        for mail in (col(Message.id), col(SignUp.id)):
            known.update(connection.scalars(select(mail).where(mail.in_(ids))))
    return known


def delivered_at(connection: Connection, message_ids: Collection[str]) -> dict[str, datetime]:
    """When each of these first reached its mailbox, as far as that was told."""
    found: dict[str, datetime] = {}
    for ids in _parts(message_ids):
        first = (
            select(col(MailEvent.message_id), func.min(col(MailEvent.happened_at)))
            .where(col(MailEvent.message_id).in_(ids), col(MailEvent.kind) == Kind.DELIVERED.value)
            .group_by(col(MailEvent.message_id))
        )
        found.update(connection.execute(first).tuples().all())  # type: ignore[arg-type]  # has an id: asked for by it
    return found


def _parts(ids: Collection[str]) -> Iterator[list[str]]:
    whole = sorted(ids)
    for start in range(0, len(whole), MANY):
        yield whole[start : start + MANY]
