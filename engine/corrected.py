"""Among the messages: which are corrections, and who has the mail that was a mistake."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, select
from sqlmodel import col

from engine.correction import OOPS
from engine.states import State
from shop.tables import Message

NEVER_CAME = "the mail that was a mistake did not arrive"
# Whoever had it, or may have; what came back has nobody read.
MAY_HAVE_COME = frozenset(
    {State.SENT, State.DELIVERED, State.COMPLAINED, State.SENDING, State.IN_DOUBT}
)


def is_correction() -> ColumnElement[bool]:
    """Of a message."""
    return col(Message.rule).startswith(OOPS)


def may_have_come() -> ColumnElement[bool]:
    """Of a message: its customer has it, or nobody knows; a rehearsal nobody has."""
    states = [state.value for state in MAY_HAVE_COME]
    return col(Message.state).in_(states) & (col(Message.through) != "outbox")


def never_came(connection: Connection, ids: Collection[str]) -> set[str]:
    """Those of these mails that nobody has."""
    came = select(col(Message.id)).where(col(Message.id).in_(ids), may_have_come())
    return set(ids) - set(connection.scalars(came)) if ids else set()
