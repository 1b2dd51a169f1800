"""A correction: the one mail that says of another that it was a mistake."""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, select
from sqlmodel import col

from engine.states import State
from mail.facts import MistakeFacts
from shop.tables import Message

LETTER = "correction"
OOPS = "oops:"  # no rule of the owner's can have a colon in its name
WHY = "we wrote to you by mistake"
NEVER_CAME = "the mail that was a mistake did not arrive"
# Whoever had it, or may have; what came back has nobody read.
MAY_HAVE_COME = frozenset(
    {State.SENT, State.DELIVERED, State.COMPLAINED, State.SENDING, State.IN_DOUBT}
)


def corrections_of(rule: str) -> str:
    """The name under which the corrections of a rule's mails go: its own pause is not theirs."""
    return f"{OOPS}{rule}"


def corrects(name: str) -> bool:
    return name.startswith(OOPS)


def is_correction() -> ColumnElement[bool]:
    """Of a message."""
    return col(Message.rule).startswith(OOPS)


def mistake_of(rule: str, extra: str) -> MistakeFacts | None:
    """What a correction tells of the mail it is about; its step is that mail's id."""
    return MistakeFacts(**json.loads(extra)) if corrects(rule) else None


def may_have_come() -> ColumnElement[bool]:
    """Of a message: its customer has it, or nobody knows; a rehearsal nobody has."""
    states = [state.value for state in MAY_HAVE_COME]
    return col(Message.state).in_(states) & (col(Message.through) != "outbox")


def never_came(connection: Connection, ids: Collection[str]) -> set[str]:
    """Those of these mails that nobody has."""
    came = select(col(Message.id)).where(col(Message.id).in_(ids), may_have_come())
    return set(ids) - set(connection.scalars(came)) if ids else set()
