"""Counts of mails between two moments: by state, by rule, and of the treats they promised."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlmodel import col

from engine.message_states import ACCEPTED, State
from engine.messages.approval_limit import IS_HELD
from engine.messages.leases import IS_PENDING
from shop.tables import Message

WRITTEN = frozenset({*ACCEPTED, State.REHEARSED})
TREAT = "treat"  # the word of `with`


@dataclass(frozen=True)
class SettledCount:
    """How many mails of a rule came to a state."""

    rule: str
    state: str
    mails: int


def count_settled(connection: Connection, since: datetime, until: datetime) -> list[SettledCount]:
    """Returns the mails settled after `since` and up to `until`, by rule and state."""
    rows = connection.execute(_settled_query(), {"since": since, "until": until})
    return [SettledCount(row.rule, row.state, row.mails) for row in rows]


def count_held_by_rule(connection: Connection) -> dict[str, int]:
    """Returns how many mails of each rule wait for the owner's word."""
    return dict(connection.execute(_held_query()).tuples().all())


def count_queued(connection: Connection) -> int:
    """Returns how many mails wait for their time."""
    return connection.scalar(_queued_query()) or 0


def count_treats(
    connection: Connection, since: datetime, until: datetime
) -> Counter[tuple[str, str]]:
    """Returns how many mails written after `since` and up to `until` promised which treat, by treat
    and rule.
    """
    rows = connection.execute(_extra_query(), {"since": since, "until": until}).tuples()
    return _sum_treats(rows.all())


def _sum_treats(rows: Iterable[tuple[str, str, int]]) -> Counter[tuple[str, str]]:
    treats: Counter[tuple[str, str]] = Counter()
    for rule, extra, mails in rows:
        treat = json.loads(extra).get(TREAT)
        if treat:
            treats[str(treat), rule] += mails
    return treats


def _settled_between() -> ColumnElement[bool]:
    return and_(
        col(Message.settled_at) > bindparam("since"), col(Message.settled_at) <= bindparam("until")
    )


def _is_written() -> ColumnElement[bool]:
    return col(Message.state).in_(sorted(state.value for state in WRITTEN))


@cache
def _settled_query() -> Select[Any]:
    """Answered from the index of settled messages alone."""
    columns = (col(Message.rule), col(Message.state))
    counts = select(*columns, func.count().label("mails")).where(_settled_between())
    return counts.group_by(*columns)


@cache
def _held_query() -> Select[Any]:
    """Grouped by an expression: SQLite would read all messages in the order of the rules."""
    rule: Any = col(Message.rule) + literal_column("''")
    return select(rule, func.count()).where(IS_HELD).group_by(rule)


@cache
def _queued_query() -> Select[Any]:
    return select(func.count()).select_from(Message).where(IS_PENDING)


@cache
def _extra_query() -> Select[Any]:
    """The `with` of a step is the same text in all of its mails."""
    has_treat = col(Message.extra).like(f'%"{TREAT}"%')
    extra: Any = col(Message.extra) + literal_column("''")  # no index is sorted by it
    columns = (col(Message.rule), extra)
    mails = select(*columns, func.count()).where(_settled_between(), _is_written(), has_treat)
    return mails.group_by(*columns)
