"""Loads the mails and tasks of one customer, with the delivery events of each mail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from engine.explain.model import Event, Mail, Task
from shop.consent.suppressions import BATCH_SIZE
from shop.db.upsert import table_of
from shop.tables import MailEvent, Message
from shop.tables import Task as TaskRow


def load_mails(connection: Connection, customer: int) -> list[Mail]:
    """Return all mails of `customer`, oldest first, each with its events."""
    table = table_of(Message)
    query = select(table).where(table.c.customer_id == customer)
    rows = connection.execute(query.order_by(table.c.created_at, table.c.id)).all()
    events = _load_events(connection, [row.id for row in rows])
    return [_to_mail(row, events[row.id]) for row in rows]


def _to_mail(row: Any, events: list[Event]) -> Mail:
    return Mail(
        id=row.id,
        rule=row.rule,
        occasion=row.occasion,
        step=row.step,
        template=row.template,
        state=row.state,
        reason=row.reason,
        purpose=row.purpose,
        approve_first=row.approve_first,
        approve_until=row.approve_until,
        created_at=row.created_at,
        due_at=row.due_at,
        deadline=row.deadline,
        settled_at=row.settled_at,
        through=row.through,
        to=row.to_address,
        basis=row.basis,
        retry_at=row.retry_at,
        enrolment=row.enrolment_id,
        events=events,
        digest=row.digest_id,
    )


def _load_events(connection: Connection, ids: list[str]) -> dict[str, list[Event]]:
    events: dict[str, list[Event]] = defaultdict(list)
    columns = (
        col(MailEvent.message_id), col(MailEvent.happened_at), col(MailEvent.kind),
        col(MailEvent.by_machine), col(MailEvent.detail),
    )  # fmt: skip
    for start in range(0, len(ids), BATCH_SIZE):
        query = select(*columns).where(
            col(MailEvent.message_id).in_(ids[start : start + BATCH_SIZE])
        )
        for message, *event in connection.execute(query.order_by(col(MailEvent.happened_at))):
            events[message].append(Event(*event))
    return events


def load_tasks(connection: Connection, enrolments: Collection[int]) -> dict[tuple[int, str], Task]:
    """Return the tasks of these `enrolments` by enrolment id and step."""
    table = table_of(TaskRow)
    query = select(table).where(table.c.enrolment_id.in_(enrolments))
    return {
        (row.enrolment_id, row.step): Task(row.words, row.created_at, row.due_at, row.done_at)
        for row in connection.execute(query)
    }
