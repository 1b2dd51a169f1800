"""What a rule sent lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, select
from sqlmodel import col

from engine.message_states import ACCEPTED, State
from shop.tables import Customer, Message
from shop.types.person_name import full_name

SHOWN = 10
SHOWN_STATES = [state.value for state in (*ACCEPTED, State.REHEARSED)]


@dataclass(frozen=True)
class RecentMail:
    """A mail that went out, or was rehearsed, and to whom."""

    customer_id: int
    customer: str
    template: str
    state: str
    at: datetime


def load_recent_mails(connection: Connection, rule: str, limit: int = SHOWN) -> list[RecentMail]:
    """Returns the last mails of `rule` that went out or were rehearsed, the newest first."""
    rows = connection.execute(_recent_query(), {"of": rule, "shown": limit})
    return [
        RecentMail(
            row.customer_id,
            full_name(row.first_name, row.last_name) or row.email or f"customer {row.customer_id}",
            row.template,
            row.state,
            row.settled_at,
        )
        for row in rows
    ]


@cache
def _recent_query() -> Select[Any]:
    return (
        select(
            col(Message.customer_id), col(Message.template), col(Message.state),
            col(Message.settled_at), col(Customer.first_name), col(Customer.last_name),
            col(Customer.email),
        )
        .join(Customer, col(Customer.id) == col(Message.customer_id))
        .where(
            col(Message.rule) == bindparam("of"),
            col(Message.state).in_(SHOWN_STATES),
            col(Message.settled_at).is_not(None),
        )
        .order_by(col(Message.settled_at).desc(), col(Message.id))
        .limit(bindparam("shown", type_=Integer))
    )  # fmt: skip
