"""What rules have asked a person to do: listed, and ticked off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlmodel import col

from shop.tables import Customer, Task


@dataclass(frozen=True)
class ToDo:
    """One thing for a person to do, for one customer."""

    id: int
    rule: str
    words: str
    customer: str  # a name, else an address: it is a person who reads this
    since: datetime
    until: datetime | None


def to_do(connection: Connection) -> list[ToDo]:
    """What is still to be done, the most urgent first."""
    undated = col(Task.due_at).is_(None)
    found = (
        select(
            col(Task.id), col(Task.rule), col(Task.words), col(Task.created_at), col(Task.due_at),
            col(Customer.first_name), col(Customer.last_name), col(Customer.email),
        )
        .join(Customer, col(Customer.id) == col(Task.customer_id))
        .where(col(Task.done_at).is_(None))
        .order_by(undated, col(Task.due_at), col(Task.id))
    )  # fmt: skip
    return [
        ToDo(row.id, row.rule, row.words, _called(row), row.created_at, row.due_at)
        for row in connection.execute(found)
    ]


def tick_off(
    connection: Connection, ids: Sequence[int], *, now: datetime
) -> tuple[list[int], list[int]]:
    """Those that are done now, and those that no open task has for its number."""
    wanted = list(dict.fromkeys(ids))
    still = select(col(Task.id)).where(col(Task.id).in_(wanted), col(Task.done_at).is_(None))
    done = set(connection.scalars(still.with_for_update()))
    connection.execute(update(Task).where(col(Task.id).in_(done)).values(done_at=now))
    return [one for one in wanted if one in done], [one for one in wanted if one not in done]


def _called(row: object) -> str:
    parts = (getattr(row, "first_name", None), getattr(row, "last_name", None))
    return " ".join(part for part in parts if part) or getattr(row, "email", None) or "somebody"
