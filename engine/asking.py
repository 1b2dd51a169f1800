"""How much may go without the owner's word: a new rule nothing, others up to `ask me above`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update
from sqlmodel import col

from engine.claiming import NOT_YET
from engine.owners_file import OwnersFile
from engine.states import ACCEPTED, State
from shop.tables import Customer, Message

WINDOW = timedelta(hours=24)
FIRST_MAILS = 10  # of a rule, that its owner wants to have seen
WENT = ACCEPTED | {State.SENDING, State.IN_DOUBT}
HELD = col(Message.state) == State.AWAITING_APPROVAL.value


def hold_above(
    connection: Connection, file: OwnersFile, messages: Sequence[dict[str, Any]], now: datetime
) -> None:
    """What exceeds the limit waits, and so does what the owner wants to see first anyway.

    The messages are of one rule.
    """
    room = _room(connection, file, since=now - WINDOW) if messages else 0
    if messages and file.sending.is_live and _is_new(connection, messages[0]["rule"]):
        for message in messages:
            message["approve_first"] = True
    for message in messages:
        if message["approve_first"] or room <= 0:
            message["state"] = State.AWAITING_APPROVAL.value
        else:
            room -= 1


def hold_unseen(connection: Connection, file: OwnersFile) -> None:
    """Mails of new rules that were made in a rehearsal, and would now go to people."""
    if not file.sending.is_live:
        return
    unseen = and_(NOT_YET, col(Message.approve_first).is_(False))
    rules = select(col(Message.rule)).where(unseen).distinct()
    new = [rule for rule in connection.scalars(rules).all() if _is_new(connection, rule)]
    held = {"state": State.AWAITING_APPROVAL.value, "approve_first": True}
    connection.execute(update(Message).where(unseen, col(Message.rule).in_(new)).values(**held))


def _is_new(connection: Connection, rule: str) -> bool:
    """Until so many of its mails went to people, or may go with the owner's word."""
    went = col(Message.state).in_([state.value for state in WENT])
    trusted = select(col(Message.id)).where(
        col(Message.rule) == rule,
        or_(
            and_(went, col(Message.through) != "outbox"),
            and_(NOT_YET, col(Message.approve_first).is_(True)),
        ),
    )
    # No further than to the tenth: a rule's history must not be counted at every look.
    return len(connection.scalars(trusted.limit(FIRST_MAILS)).all()) < FIRST_MAILS


def within_room(connection: Connection, file: OwnersFile) -> Sequence[str]:
    """Held messages that a raised limit lets go, the oldest first."""
    waits_for_room = (HELD, col(Message.approve_first).is_(False))
    first = connection.scalar(select(func.min(col(Message.created_at))).where(*waits_for_room))
    if first is None:
        return []
    # Counted from before the first of them: that a day has passed is no approval.
    room = _room(connection, file, since=first - WINDOW)
    oldest = select(col(Message.id)).where(*waits_for_room)
    oldest = oldest.order_by(col(Message.created_at), col(Message.id)).limit(max(0, room))
    # Whatever the owner is deciding about at this very moment is left to them.
    oldest = oldest.with_for_update(skip_locked=True)
    return connection.scalars(oldest).all()


def _room(connection: Connection, file: OwnersFile, *, since: datetime) -> int:
    """How many more may go unasked, over all rules: one rule is never more than all."""
    customers = connection.scalar(select(func.count()).select_from(Customer)) or 0
    unasked = col(Message.approve_first).is_(False)
    gone = select(func.count()).where(col(Message.created_at) > since, ~HELD, unasked)
    return file.sending.ask_me_above.limit(customers) - (connection.scalar(gone) or 0)
