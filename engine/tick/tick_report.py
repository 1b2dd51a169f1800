"""Counting what a tick did, from what it left in the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from operator import eq, ge
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    select,
)
from sqlmodel import col

from engine.config.owner_config import OwnersFile
from engine.message_states import State
from engine.messages.find_corrections import is_correction
from engine.tick.advance import DONE
from engine.tick.counts import Counts
from shop.tables import Enrolment, Message
from triggers.verdicts import Verdict

When = Callable[[Any, Any], ColumnElement[bool]]
TICK: BindParameter[int] = bindparam("tick")
SPOKEN = {Verdict.NO_BASIS: "never said yes"}
STATES = {
    State.SENT: "sent",
    State.REHEARSED: "rehearsed",
    State.SKIPPED: "skipped",
    State.DEFERRED: "deferred",
    State.FAILED: "failed",
    State.BOUNCED: "failed",
    State.DELIVERED: "sent",
    State.COMPLAINED: "sent",
    State.IN_DOUBT: "in_doubt",
    State.DECLINED: "skipped",
}


def report(connection: Connection, file: OwnersFile, tick: int) -> dict[str, Counts]:
    """Each rule of the file, in its order; rules that are no longer in it only if they moved."""
    return _counted(connection, file, eq, tick)


def report_since(connection: Connection, file: OwnersFile, tick: int) -> dict[str, Counts]:
    """The same over several ticks, from this one on: what became of each person in the end."""
    return _counted(connection, file, ge, tick)


def _counted(connection: Connection, file: OwnersFile, when: When, tick: int) -> dict[str, Counts]:
    counts = {name: Counts() for name in file.rules}
    for row in connection.execute(_touched(when), {TICK.key: tick}):
        _add(counts, row, *_outcome(row))
    for row in connection.execute(_corrections(when), {TICK.key: tick}):
        _add(counts, row, STATES[row.state], _reason(row))
    return counts


def _add(counts: dict[str, Counts], row: Any, outcome: str, why: str | None) -> None:
    of_rule = counts.setdefault(row.rule, Counts())
    of_rule.outcomes[outcome] += row.people
    if why:
        of_rule.reasons[why] += row.people


@dataclass(frozen=True)
class Written:
    """All mails that ever went or were rehearsed: how many, to how many people, which ones."""

    total: int
    people: int
    kinds: dict[str, int]


def written(connection: Connection) -> Written:
    """By template."""
    went = col(Message.state).in_([State.SENT.value, State.REHEARSED.value])
    template = col(Message.template)
    kinds = select(template, func.count()).where(went).group_by(template).order_by(template)
    people = select(func.count(col(Message.customer_id).distinct())).where(went)
    found = dict(connection.execute(kinds).tuples().all())
    return Written(sum(found.values()), connection.scalar(people) or 0, found)


@cache
def _touched(when: When) -> Select[Any]:
    """Grouped in the database: a shop's size does not matter here."""
    theirs = and_(
        col(Message.enrolment_id) == col(Enrolment.id),
        when(col(Message.tick_id), TICK),
        ~is_correction(),
    )
    what = (
        col(Enrolment.rule),
        col(Enrolment.verdict),
        col(Enrolment.ended),
        col(Message.state),
        col(Message.reason),
    )
    return (
        select(*what, func.count().label("people"))
        .select_from(Enrolment)
        .outerjoin(Message, theirs)
        .where(when(col(Enrolment.tick_id), TICK), col(Enrolment.verdict) != Verdict.NOT_MET.value)
        .group_by(*what)
        .order_by(*what)
    )


@cache
def _corrections(when: When) -> Select[Any]:
    """Mails that no enrolment waits for, under a name of their own."""
    what = (col(Message.rule), col(Message.state), col(Message.reason))
    known = col(Message.state).in_([state.value for state in STATES])
    return (
        select(*what, func.count().label("people"))
        .where(is_correction(), known, when(col(Message.tick_id), TICK))
        .group_by(*what)
        .order_by(*what)
    )


def _outcome(row: Any) -> tuple[str, str | None]:
    if row.verdict != Verdict.GO:
        return "skipped", SPOKEN.get(row.verdict, row.verdict)
    if row.state in STATES:
        return STATES[row.state], _reason(row)
    if row.state is None and row.ended is not None:
        return "skipped", "no step was left" if row.ended == DONE else row.ended
    held = row.state == State.AWAITING_APPROVAL
    return "waiting", "waits for your word" if held else None


def _reason(row: Any) -> str | None:
    """Without the part that names one person's circumstances."""
    if row.reason is None:
        return None
    short: str = row.reason.split(": ")[0]
    return row.reason if short == "stopped" else short
