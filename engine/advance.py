"""Moving enrolments one step on: a `send` becomes a message, a `wait` a later moment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, select, update
from sqlmodel import col

from engine.owners_file import OwnersFile
from engine.states import State
from engine.turn import Turn
from shop.database import writing
from shop.tables import Customer, Enrolment, Message
from shop.writing import add_new, table_of
from triggers.known import lateness_of
from triggers.steps import following, mail_key, onward, step_at
from triggers.stopping import stop
from triggers.whens import MANNERS
from triggers.words import Rule, Send

BATCH = 500
ASKING_WINDOW = timedelta(hours=24)
DONE = "done"


@dataclass(frozen=True)
class Moves:
    """What became of a batch of enrolments."""

    enrolments: list[dict[str, Any]]
    messages: list[dict[str, Any]]


def advance(engine: Engine, file: OwnersFile, name: str, turn: Turn) -> None:
    """Bring every due enrolment of one rule to its next mail, its next wait or its end."""
    rule = file.rules[name]
    with writing(engine) as connection:
        stop(connection, name, rule, tick=turn.tick, now=turn.now)
    while _advance_some(engine, file, name, turn):
        pass


def _advance_some(engine: Engine, file: OwnersFile, name: str, turn: Turn) -> int:
    rule = file.rules[name]
    with writing(engine) as connection:
        due = _due(connection, name, turn.now)
        if not due:
            return 0
        mailed = _already_mailed(connection, name, [row["id"] for row in due])
        moves = _moves(name, rule, due, mailed, turn)
        _hold_above(connection, file, name, moves.messages, turn.now)
        add_new(connection, Message, moves.messages)
        _move(connection, moves.enrolments)
        return len(due)


def _due(connection: Connection, name: str, now: datetime) -> Sequence[dict[str, Any]]:
    columns = ("id", "customer_id", "occasion", "step", "next_at")
    due = (
        select(*(table_of(Enrolment).c[column] for column in columns))
        .where(col(Enrolment.rule) == name, col(Enrolment.next_at) <= now)
        .order_by(col(Enrolment.next_at), col(Enrolment.id))
        .limit(BATCH)
    )
    return [dict(row) for row in connection.execute(due).mappings()]


def _already_mailed(
    connection: Connection, name: str, enrolments: Sequence[int]
) -> set[tuple[int, str]]:
    """Mails these enrolments had before: an owner who moves steps about repeats none."""
    had = select(col(Message.enrolment_id), col(Message.step)).where(
        col(Message.rule) == name, col(Message.enrolment_id).in_(enrolments)
    )
    return {(enrolment, step) for enrolment, step in connection.execute(had)}


def _moves(
    name: str,
    rule: Rule,
    due: Sequence[dict[str, Any]],
    mailed: set[tuple[int, str]],
    turn: Turn,
) -> Moves:
    moves = Moves([], [])
    for row in due:
        place, at = _next_mail(rule, row, mailed)
        ended = place is None
        mails = not ended and at <= turn.now
        moves.enrolments.append(
            {
                "row": row["id"],
                "step": place or row["step"],
                "next_at": None if ended or mails else at,
                "ended": DONE if ended else None,
                "tick_id": turn.tick,
            }
        )
        if place is not None and mails:
            moves.messages.append(_message(name, rule, row, place, turn))
    return moves


def _next_mail(
    rule: Rule, row: dict[str, Any], mailed: set[tuple[int, str]]
) -> tuple[str | None, datetime]:
    found = onward(rule, row["step"], row["next_at"])
    while found and (row["id"], mail_key(rule, found[0])) in mailed:
        found = onward(rule, following(found[0]), found[1])
    return found or (None, row["next_at"])


def _message(name: str, rule: Rule, row: dict[str, Any], place: str, turn: Turn) -> dict[str, Any]:
    step = step_at(rule, place)
    assert isinstance(step, Send)  # noqa: S101  # onward() stops at nothing else
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
        "state": State.QUEUED.value,
        "created_at": turn.now,
        "due_at": turn.now,
        "deadline": turn.now + lateness_of(rule),
        "tick_id": turn.tick,
    }


def message_id(rule: str, customer: int, occasion: str, step: str) -> str:
    """The same mail has the same id, whoever works it out and however often."""
    key = json.dumps([rule, customer, occasion, step])
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _hold_above(
    connection: Connection,
    file: OwnersFile,
    name: str,
    messages: list[dict[str, Any]],
    now: datetime,
) -> None:
    """What exceeds the owner's `ask me above` waits for a word."""
    allowed = asking_room(connection, file, name, since=now - ASKING_WINDOW)
    for message in messages[max(0, allowed) :]:
        message["state"] = State.AWAITING_APPROVAL.value


def asking_room(connection: Connection, file: OwnersFile, name: str, *, since: datetime) -> int:
    """How many more may go unasked: counted for this rule, and for all rules together."""
    customers = connection.scalar(select(func.count()).select_from(Customer)) or 0
    counted = select(func.count()).where(
        col(Message.created_at) > since, col(Message.state) != State.AWAITING_APPROVAL.value
    )
    in_all = connection.scalar(counted) or 0
    of_rule = connection.scalar(counted.where(col(Message.rule) == name)) or 0
    return file.sending.ask_me_above.limit(customers) - max(in_all, of_rule)


def _move(connection: Connection, rows: list[dict[str, Any]]) -> None:
    statement = (
        update(table_of(Enrolment))
        .where(table_of(Enrolment).c.id == bindparam("row"))
        .values({name: bindparam(name) for name in ("step", "next_at", "ended", "tick_id")})
    )
    connection.execute(statement, rows)
