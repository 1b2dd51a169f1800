"""How much may go without the owner's word: a new rule nothing, others up to `ask me above`."""

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

from engine.config.owner_config import OwnersFile
from engine.message_states import ACCEPTED, State
from engine.messages.leases import NOT_YET
from shop.db.upsert import SOME
from shop.tables import Customer, Message

WINDOW = timedelta(hours=24)
FIRST_MAILS = 10  # of a rule, that its owner wants to have seen
WENT = ACCEPTED | {State.SENDING, State.IN_DOUBT}
HELD = col(Message.state) == State.AWAITING_APPROVAL.value
UNSEEN = and_(NOT_YET, col(Message.approve_first).is_(False))
WAITS_FOR_ROOM = and_(HELD, col(Message.approve_first).is_(False))


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
    rules = connection.scalars(_with_unseen()).all()
    new = [rule for rule in rules if _is_new(connection, rule)]
    if new:
        connection.execute(_holding(), {"some": new})


@cache
def _with_unseen() -> Select[tuple[str]]:
    return select(col(Message.rule)).where(UNSEEN).distinct()


@cache
def _holding() -> Update:
    theirs = col(Message.rule).in_(SOME)
    held = {"state": State.AWAITING_APPROVAL.value, "approve_first": True}
    return update(Message).where(UNSEEN, theirs).values(**held)


def _is_new(connection: Connection, rule: str) -> bool:
    """Until so many of its mails went to people, or may go with the owner's word."""
    return len(connection.scalars(_trusted(), {"of": rule}).all()) < FIRST_MAILS


@cache
def _trusted() -> Select[tuple[str]]:
    """No further than to the tenth: a rule's history must not be counted at every look."""
    went = col(Message.state).in_([state.value for state in WENT])
    trusted = or_(
        and_(went, col(Message.through) != "outbox"),
        and_(NOT_YET, col(Message.approve_first).is_(True)),
    )
    theirs = select(col(Message.id)).where(col(Message.rule) == bindparam("of"), trusted)
    return theirs.limit(FIRST_MAILS)


def within_room(connection: Connection, file: OwnersFile) -> Sequence[str]:
    """Held messages that a raised limit lets go, the oldest first."""
    first = connection.scalar(_first_held())
    if first is None:
        return []
    # Counted from before the first of them: that a day has passed is no approval.
    room = _room(connection, file, since=first - WINDOW)
    return connection.scalars(_oldest_held(), {"room": max(0, room)}).all()


@cache
def _first_held() -> Select[tuple[datetime]]:
    return select(func.min(col(Message.created_at))).where(WAITS_FOR_ROOM)


@cache
def _oldest_held() -> Select[tuple[str]]:
    """Whatever the owner is deciding about at this very moment is left to them."""
    oldest = select(col(Message.id)).where(WAITS_FOR_ROOM)
    oldest = oldest.order_by(col(Message.created_at), col(Message.id))
    return oldest.limit(bindparam("room", type_=Integer)).with_for_update(skip_locked=True)


def _room(connection: Connection, file: OwnersFile, *, since: datetime) -> int:
    """How many more may go unasked, over all rules: one rule is never more than all."""
    customers = connection.scalar(_customers()) or 0
    gone = connection.scalar(_gone(), {"since": since}) or 0
    return file.sending.ask_me_above.limit(customers) - gone


@cache
def _customers() -> Select[tuple[int]]:
    return select(func.count()).select_from(Customer)


@cache
def _gone() -> Select[tuple[int]]:
    lately = col(Message.created_at) > bindparam("since")
    return select(func.count()).where(lately, ~HELD, col(Message.approve_first).is_(False))
