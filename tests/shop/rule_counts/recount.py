"""Counts the rows of a shop one by one, without SQL's help."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, Engine, select
from sqlmodel import col

from engine.message_states import State
from shop.db.engine import read_transaction
from shop.tables import Enrolment, Message, RuleCount, Task
from shop.types.moment import microseconds

MOVING = {State.QUEUED, State.DEFERRED, State.SENDING, State.IN_DIGEST}
WITH_REASON = {State.SKIPPED, State.FAILED, State.DECLINED}
QUARTER = 900 * 1_000_000  # microseconds
ALL_TIMES = -1_000_000_000
Class = tuple[int, str, str, str, str, str]


def counters(engine: Engine) -> dict[Class, int]:
    """Returns what the counters say, by class, without zeros."""
    sums: Counter[Class] = Counter()
    with read_transaction(engine) as connection:
        for row in connection.execute(select(RuleCount)):
            sums[_of_day(row.quarter), row.kind, row.rule, row.step, row.state, row.reason] += (
                row.number
            )
    return {key: number for key, number in sums.items() if number}


def recounted(engine: Engine) -> dict[Class, int]:
    """Returns what the counters should say."""
    sums: Counter[Class] = Counter()
    with read_transaction(engine) as connection:
        _count_enrolments(connection, sums)
        _count_mails(connection, sums)
        for task in connection.execute(select(Task)):
            sums[
                ALL_TIMES, "tasks", task.rule, task.step, "done" if task.done_at else "open", ""
            ] += 1
    return dict(sums)


def _count_enrolments(connection: Connection, sums: Counter[Class]) -> None:
    for row in connection.execute(select(Enrolment).order_by(col(Enrolment.id))):
        state, reason = row.verdict, ""
        if row.verdict == "go":
            state = "ended" if row.ended else "waiting" if row.next_at else "at mail"
            reason = (row.ended or "").split(": ")[0]
        sums[ALL_TIMES, "people", row.rule, row.step, state, reason] += 1


def _count_mails(connection: Connection, sums: Counter[Class]) -> None:
    for row in connection.execute(select(Message)):
        state = State(row.state)
        name = "on its way" if state in MOVING else state.value
        reason = (row.reason or "").split(": ")[0] if state in WITH_REASON else ""
        sums[ALL_TIMES, "mails", row.rule, row.step, name, reason] += 1
        if row.settled_at and state not in MOVING | {State.AWAITING_APPROVAL}:
            quarter = _of_day(microseconds(row.settled_at) // QUARTER)
            sums[quarter, "mails", row.rule, row.step, name, reason] += 1


def _of_day(quarter: int) -> int:
    """The first quarter of the day in UTC, which is Lisbon's in winter: ticks add up past days."""
    return quarter if quarter == ALL_TIMES else quarter // 96 * 96
