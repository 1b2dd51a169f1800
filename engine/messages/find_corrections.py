"""Among the messages: which are corrections, whose they are, and which of them nobody needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from engine.message_states import State
from engine.messages.correction import OOPS, corrects
from shop.tables import Message

NEVER_CAME = "the mail that was a mistake did not arrive"
ANOTHER = "the same customer gets another correction"
ID = 32  # letters of a mail's id
# Whoever had it, or may have; what came back has nobody read.
MAY_HAVE_COME = frozenset(
    {State.SENT, State.DELIVERED, State.COMPLAINED, State.SENDING, State.IN_DOUBT}
)
APPROVED = frozenset({State.QUEUED, State.DEFERRED})
WAITS = APPROVED | {State.AWAITING_APPROVAL}


@dataclass(frozen=True)
class Correction:
    """One that its customer has, or may still get."""

    id: str
    rule: str
    customer: int
    state: str
    mistake_at: datetime  # when the mail went that it is about
    until: datetime  # what went until then, it makes good


def is_correction() -> ColumnElement[bool]:
    """Of a message."""
    return col(Message.rule).startswith(OOPS)


def its_mistake() -> ColumnElement[str]:
    """Of a correction: the id of the mail it is about."""
    return func.substr(col(Message.step), 1, ID)


def may_have_come(mail: Any = Message) -> ColumnElement[bool]:
    """Of a message: its customer has it, or nobody knows; a rehearsal nobody has."""
    return _stands(mail, MAY_HAVE_COME) & (col(mail.through) != "outbox")


def that_count(connection: Connection, which: ColumnElement[bool]) -> list[Correction]:
    """Not those that did not go, nor those that never will: of what nobody got."""
    mistake = aliased(Message)
    may_go = and_(_stands(Message, WAITS), may_have_come(mistake))
    found: Any = (
        select(
            col(Message.id), col(Message.rule), col(Message.customer_id), col(Message.state),
            col(Message.created_at), col(mistake.settled_at).label("went_at"),
        )
        .join(mistake, col(mistake.id) == its_mistake())
        .where(is_correction(), which, or_(may_have_come(), may_go))
    )  # fmt: skip
    return [_correction(row) for row in connection.execute(found)]


def _stands(mail: Any, states: Collection[State]) -> ColumnElement[bool]:
    return col(mail.state).in_([state.value for state in states])


def _correction(row: Any) -> Correction:
    """It was drafted about the latest mail there was."""
    went_at = row.went_at or row.created_at
    until = max(went_at, row.created_at)
    return Correction(row.id, row.rule, row.customer_id, row.state, went_at, until)


def needless(connection: Connection, rows: Collection[Any]) -> dict[str, str]:
    """Among these messages that wait: corrections that help nobody, and why."""
    ours = [row for row in rows if corrects(row.rule)]
    if not ours:
        return {}
    people = {row.customer_id for row in ours}
    theirs: dict[tuple[str, int], list[Correction]] = defaultdict(list)
    for one in that_count(connection, col(Message.customer_id).in_(people)):
        theirs[one.rule, one.customer].append(one)
    found = {row.id: _why(row.id, theirs[row.rule, row.customer_id]) for row in ours}
    return {one: why for one, why in found.items() if why}


def _why(message: str, theirs: Collection[Correction]) -> str | None:
    """Two customers may have turned out to be one since their corrections were drafted."""
    mine = next((one for one in theirs if one.id == message), None)
    if mine is None:
        return NEVER_CAME
    return ANOTHER if any(_does_for(other, mine) for other in theirs) else None


def _does_for(other: Correction, mine: Correction) -> bool:
    """It went and says the same, or goes and is about a later mail."""
    if other.id == mine.id:
        return False
    if other.state in APPROVED:
        return (other.mistake_at, other.id) > (mine.mistake_at, mine.id)
    return other.state in MAY_HAVE_COME and other.until >= mine.mistake_at
