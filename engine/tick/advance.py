"""Advances enrolments: a `send` becomes a message, a `task` a task, a `wait` a due time, an `if` a
branch.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select
from sqlmodel import col

from engine.message_states import State
from engine.messages.approval_limit import hold_above_limit
from engine.messages.bulk_update import update_columns
from engine.messages.message_id import message_id
from engine.open.open_shop import OpenShop
from engine.tick.series_edits import follow_edits, load_stored_series
from engine.tick.step_walker import RestPoint, Walk
from engine.tick_context import TICK_LOCK, TickContext
from shop.db.locks import locked_transaction
from shop.db.upsert import IN_VALUES, insert_missing, table_of
from shop.tables import Enrolment, Message, Task
from triggers.config import DoTask, Send
from triggers.durations import allowed_lateness
from triggers.facts import conditions as fact_conditions
from triggers.facts.config import Facts
from triggers.registry import event_of
from triggers.series import Series
from triggers.steps import step_at
from triggers.stop import end_due_enrolments

BATCH_SIZE = 500
DONE = "done"
Row = Mapping[str, Any]


def advance_enrolments(shop: OpenShop, name: str, context: TickContext) -> None:
    """Moves every due enrolment of the rule `name` to its next mail, next wait or end.

    1. Moves enrolments to where they go on if the rule was edited since the tick began.
    2. Ends enrolments whose occasion is over (`triggers.stop`).
    3. Per batch, in one transaction: walks the steps, inserts messages and tasks, updates
       enrolments. Messages above `ask me above` wait for approval.
    """
    rule = shop.config.rules.get(name)
    if rule is None:
        return  # removed from config.yaml since the tick began
    with locked_transaction(shop.engine, TICK_LOCK) as connection:
        series = follow_edits(connection, name, rule, load_stored_series(connection, name))
        currency = shop.config.shop.currency
        end_due_enrolments(
            connection, name, rule, tick=context.tick, now=context.now, currency=currency
        )
    while _advance_batch(shop, name, series, context) == BATCH_SIZE:
        pass


def _advance_batch(shop: OpenShop, name: str, series: Series, context: TickContext) -> int:
    config, rule = shop.config, shop.config.rules[name]
    with locked_transaction(shop.engine, TICK_LOCK) as connection:
        rows = connection.execute(_due_query(), {"rule": name, "now": context.now})
        due = [dict(row) for row in rows.mappings()]
        if not due:
            return 0

        def matching_ids(conditions: Facts, enrolment_ids: Collection[int]) -> Collection[int]:
            in_batch = col(Enrolment.id).in_(enrolment_ids)
            return set(
                connection.scalars(
                    fact_conditions.enrolments_where(conditions, config.shop.currency, in_batch)
                )
            )

        mailed_steps = _mailed_steps(connection, [row["id"] for row in due])
        walk = Walk(rule, series, context.now, matching_ids, mailed_steps).advance_all(
            [row | {"step": series.place_of(row["step"])} for row in due]
        )
        messages = _new_messages(shop, name, due, walk, context)
        hold_above_limit(connection, config, messages, context.now)
        insert_missing(connection, Message, messages)
        insert_missing(connection, Task, _new_tasks(name, due, walk, series, context))
        updates = [_enrolment_update(row, walk.rests[row["id"]], series, context) for row in due]
        connection.execute(
            update_columns(Enrolment, "step", "next_step", "next_at", "ended", "tick_id"), updates
        )
        return len(due)


@cache
def _due_query() -> Select[Any]:
    columns = ("id", "customer_id", "occasion", "step", "next_at")
    return (
        select(*(table_of(Enrolment).c[column] for column in columns))
        .where(col(Enrolment.rule) == bindparam("rule"), col(Enrolment.next_at) <= bindparam("now"))
        .order_by(col(Enrolment.next_at), col(Enrolment.id))
        .limit(BATCH_SIZE)
    )


def _mailed_steps(connection: Connection, enrolment_ids: Sequence[int]) -> set[tuple[int, str]]:
    """The mails these enrolments already have: reordering steps in config.yaml repeats none."""
    rows = connection.execute(mail_steps_query(), {"values": enrolment_ids})
    return {(enrolment_id, step) for enrolment_id, step in rows}


@cache
def mail_steps_query() -> Select[tuple[int, str]]:
    """The enrolments in the parameter `values`, each with the key of every mail that it has."""
    in_batch = col(Message.enrolment_id).in_(IN_VALUES)
    return select(col(Message.enrolment_id), col(Message.step)).where(in_batch)


def _enrolment_update(row: Row, rest_point: RestPoint, series: Series, context: TickContext) -> Row:
    """At a mail the enrolment is not due: `settle_messages` moves it on."""
    return {
        "row": row["id"],
        "step": series.key_of(rest_point.place or row["step"]),
        "next_step": None,
        "next_at": None if rest_point.is_mail or rest_point.place is None else rest_point.at,
        "ended": DONE if rest_point.place is None else None,
        "tick_id": context.tick,
    }


def _new_messages(
    shop: OpenShop, name: str, due: Sequence[Row], walk: Walk, context: TickContext
) -> list[dict[str, Any]]:
    rows_with_rests = [(row, walk.rests[row["id"]]) for row in due]
    return [
        _new_message(shop, name, walk.series, row, rest_point, context)
        for row, rest_point in rows_with_rests
        if rest_point.is_mail
    ]


def _new_message(
    shop: OpenShop, name: str, series: Series, row: Row, rest_point: RestPoint, context: TickContext
) -> dict[str, Any]:
    rule = shop.config.rules[name]
    place, due_at = rest_point.place or "", rest_point.at
    step = step_at(rule, place)
    assert isinstance(step, Send)  # noqa: S101  # a walk stops with a mail only at `send`
    key = series.mail_key(place)
    return {
        "id": message_id(shop.secret, name, row["customer_id"], row["occasion"], key),
        "rule": name,
        "customer_id": row["customer_id"],
        "occasion": row["occasion"],
        "step": key,
        "enrolment_id": row["id"],
        "template": step.send,
        "extra": json.dumps(step.with_ or {}, ensure_ascii=False),
        "purpose": event_of(rule).purpose.value,
        "approve_first": step.needs_approval,
        "approve_until": approval_deadline(step, context.now),
        "state": State.QUEUED.value,
        "created_at": context.now,
        "due_at": due_at,
        "deadline": due_at + allowed_lateness(rule),
        "tick_id": context.tick,
    }


def approval_deadline(step: Send, now: datetime) -> datetime | None:
    """Returns until when the owner may approve: `approve within` of `step`, counted from `now`."""
    return now + step.approve_within.elapsed if step.approve_within else None


def _new_tasks(
    name: str, due: Sequence[Row], walk: Walk, series: Series, context: TickContext
) -> list[Row]:
    """The same task of the same enrolment has the same key, and is inserted once."""
    customer_ids = {row["id"]: row["customer_id"] for row in due}
    return [
        {
            "rule": name,
            "customer_id": customer_ids[enrolment_id],
            "enrolment_id": enrolment_id,
            "step": series.key_of(place),
            "words": step.task,
            "created_at": context.now,
            "due_at": context.now + _task_duration(step),
        }
        for enrolment_id, place, step in walk.tasks
    ]


def _task_duration(step: DoTask) -> timedelta:
    return step.due_in.elapsed if step.due_in else timedelta(0)
