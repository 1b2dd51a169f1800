"""Tasks that rules create for people: list and complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, update
from sqlmodel import col

from shop.tables import Customer, Task
from shop.types.person_name import full_name

MAX_DONE = 20


@dataclass(frozen=True)
class OpenTask:
    """A task about one customer."""

    id: int
    rule: str
    words: str
    customer_id: int
    customer: str  # a name, else an address
    since: datetime
    until: datetime | None


def open_tasks(connection: Connection, customer: int | None = None) -> list[OpenTask]:
    """Returns the tasks that are not done, most urgent first; of one `customer` if given."""
    undated = col(Task.due_at).is_(None)
    query = _tasks_query().where(col(Task.done_at).is_(None))
    query = query.order_by(undated, col(Task.due_at), col(Task.id))
    if customer is not None:
        query = query.where(col(Task.customer_id) == customer)
    return [_to_task(row) for row in connection.execute(query)]


def tasks_done_since(connection: Connection, since: datetime) -> list[OpenTask]:
    """Returns the newest tasks that were done after `since`, the last first; at most MAX_DONE."""
    query = _tasks_query().where(col(Task.done_at) > since)
    query = query.order_by(col(Task.done_at).desc(), col(Task.id)).limit(MAX_DONE)
    return [_to_task(row) for row in connection.execute(query)]


def reopen_tasks(connection: Connection, ids: Sequence[int], *, since: datetime) -> list[int]:
    """Takes back that tasks are done; returns the ids of those that were, after `since`."""
    is_done = (col(Task.id).in_(ids), col(Task.done_at) > since)
    done = sorted(
        id_
        for id_ in connection.scalars(select(col(Task.id)).where(*is_done).with_for_update())
        if id_
    )
    connection.execute(update(Task).where(col(Task.id).in_(done)).values(done_at=None))
    return done


def _tasks_query() -> Select[Any]:
    return select(
        col(Task.id), col(Task.rule), col(Task.words), col(Task.created_at), col(Task.due_at),
        col(Task.customer_id), col(Customer.first_name), col(Customer.last_name),
        col(Customer.email),
    ).join(Customer, col(Customer.id) == col(Task.customer_id))  # fmt: skip


def _to_task(row: Any) -> OpenTask:
    return OpenTask(
        row.id,
        row.rule,
        row.words,
        row.customer_id,
        _customer_name(row),
        row.created_at,
        row.due_at,
    )


def complete_tasks(
    connection: Connection, ids: Sequence[int], *, now: datetime
) -> tuple[list[int], list[int]]:
    """Mark tasks as done; returns the ids that were, and the ids that no open task has."""
    requested = list(dict.fromkeys(ids))
    open_query = select(col(Task.id)).where(
        col(Task.id).in_(requested), col(Task.done_at).is_(None)
    )
    done = set(connection.scalars(open_query.with_for_update()))
    connection.execute(update(Task).where(col(Task.id).in_(done)).values(done_at=now))
    return [task_id for task_id in requested if task_id in done], [
        task_id for task_id in requested if task_id not in done
    ]


def _customer_name(row: object) -> str:
    name = full_name(getattr(row, "first_name", None), getattr(row, "last_name", None))
    return name or getattr(row, "email", None) or "somebody"
