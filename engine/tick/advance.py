"""Moving enrolments on: a `send` becomes a message, a `task` something to do, a `wait` a later
moment, an `if` a decision."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, select
from sqlmodel import col

from engine.config.owner_config import OwnersFile
from engine.message_states import State
from engine.messages.approval_limit import hold_above
from engine.messages.bulk_update import changing
from engine.tick.step_walker import Rest, Walk
from engine.tick_context import Turn
from shop.db.engine import writing
from shop.db.upsert import SOME, add_new, table_of
from shop.tables import Enrolment, Message, Task
from triggers import facts
from triggers.config import DoTask, Facts, Rule, Send
from triggers.durations import lateness
from triggers.event_defaults import MANNERS
from triggers.steps import mail_key, step_at
from triggers.stop import stop

BATCH = 500
DONE = "done"
Row = Mapping[str, Any]


def advance(engine: Engine, file: OwnersFile, name: str, turn: Turn) -> None:
    """Bring every due enrolment of one rule to its next mail, its next wait or its end."""
    rule = file.rules.get(name)
    if rule is None:
        return  # taken out of the file since the tick looked at it
    with writing(engine) as connection:
        currency = file.shop.currency
        stop(connection, name, rule, tick=turn.tick, now=turn.now, currency=currency)
    while _advance_some(engine, file, name, turn) == BATCH:
        pass


def _advance_some(engine: Engine, file: OwnersFile, name: str, turn: Turn) -> int:
    rule = file.rules[name]
    with writing(engine) as connection:
        found = connection.execute(_due(), {"rule": name, "now": turn.now})
        due = [dict(row) for row in found.mappings()]
        if not due:
            return 0

        def holding(asked: Facts, ones: Collection[int]) -> Collection[int]:
            ours = col(Enrolment.id).in_(ones)
            return set(connection.scalars(facts.holding(asked, file.shop.currency, ours)))

        mailed = _already_mailed(connection, [row["id"] for row in due])
        walked = Walk(rule, turn.now, holding, mailed).go(due)
        messages = _messages(name, rule, due, walked, turn)
        hold_above(connection, file, messages, turn.now)
        add_new(connection, Message, messages)
        add_new(connection, Task, _tasks(name, due, walked, turn))
        moved = [_moved(row, walked.rests[row["id"]], turn) for row in due]
        connection.execute(changing(Enrolment, "step", "next_at", "ended", "tick_id"), moved)
        return len(due)


@cache
def _due() -> Select[Any]:
    columns = ("id", "customer_id", "occasion", "step", "next_at")
    return (
        select(*(table_of(Enrolment).c[column] for column in columns))
        .where(col(Enrolment.rule) == bindparam("rule"), col(Enrolment.next_at) <= bindparam("now"))
        .order_by(col(Enrolment.next_at), col(Enrolment.id))
        .limit(BATCH)
    )


def _already_mailed(connection: Connection, enrolments: Sequence[int]) -> set[tuple[int, str]]:
    """Mails these enrolments had before: an owner who moves steps about repeats none."""
    had = connection.execute(_had(), {"some": enrolments})
    return {(enrolment, step) for enrolment, step in had}


@cache
def _had() -> Select[tuple[int, str]]:
    theirs = col(Message.enrolment_id).in_(SOME)
    return select(col(Message.enrolment_id), col(Message.step)).where(theirs)


def _moved(row: Row, rest: Rest, turn: Turn) -> Row:
    """At a mail nothing is due until the mail has its last word."""
    return {
        "row": row["id"],
        "step": rest.place or row["step"],
        "next_at": None if rest.mails or rest.place is None else rest.at,
        "ended": DONE if rest.place is None else None,
        "tick_id": turn.tick,
    }


def _messages(
    name: str, rule: Rule, due: Sequence[Row], walked: Walk, turn: Turn
) -> list[dict[str, Any]]:
    resting = [(row, walked.rests[row["id"]]) for row in due]
    return [
        _message(name, rule, row, rest.place, rest.at, turn)
        for row, rest in resting
        if rest.mails and rest.place
    ]


def _message(
    name: str, rule: Rule, row: Row, place: str, due_at: datetime, turn: Turn
) -> dict[str, Any]:
    step = step_at(rule, place)
    assert isinstance(step, Send)  # noqa: S101  # a walk rests at nothing else with a mail
    key = mail_key(rule, place)
    return {
        "id": message_id(name, row["customer_id"], row["occasion"], key),
        "rule": name,
        "customer_id": row["customer_id"],
        "occasion": row["occasion"],
        "step": key,
        "enrolment_id": row["id"],
        "template": step.send,
        "extra": json.dumps(step.with_ or {}, ensure_ascii=False),
        "purpose": MANNERS[rule.when].purpose.value,
        "approve_first": step.waits_for_a_word,
        "approve_until": approve_until(step, turn.now),
        "state": State.QUEUED.value,
        "created_at": turn.now,
        "due_at": due_at,
        "deadline": due_at + lateness(rule),
        "tick_id": turn.tick,
    }


def approve_until(step: Send, now: datetime) -> datetime | None:
    """Counted from now, when it begins to wait for the owner's word."""
    return now + step.approve_within.elapsed if step.approve_within else None


def message_id(rule: str, customer: int, occasion: str, step: str) -> str:
    """The same mail has the same id, whoever works it out and however often."""
    key = json.dumps([rule, customer, occasion, step])
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _tasks(name: str, due: Sequence[Row], walked: Walk, turn: Turn) -> list[Row]:
    people = {row["id"]: row["customer_id"] for row in due}
    return [
        {
            "rule": name,
            "customer_id": people[one],
            "enrolment_id": one,
            "step": place,
            "words": step.task,
            "created_at": turn.now,
            "due_at": turn.now + _time_for(step),
        }
        for one, place, step in walked.tasks
    ]


def _time_for(step: DoTask) -> timedelta:
    return step.due_in.elapsed if step.due_in else timedelta(0)
