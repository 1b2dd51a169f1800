"""Queries of the sign-ups whose confirmation mail waits, is being sent or is in doubt."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, or_, select
from sqlmodel import col

from engine.message_states import State
from engine.messages.leases import BATCH_SIZE
from engine.open.open_shop import OpenShop
from shop.db.constant_values import is_one_of
from shop.db.engine import read_transaction
from shop.tables import MailEvent, SignUp

IS_WAITING = is_one_of(col(SignUp.state), [State.QUEUED.value, State.DEFERRED.value])
IS_SENDING = col(SignUp.state) == State.SENDING.value


def has_open_sign_ups(shop: OpenShop) -> bool:
    """Returns whether the confirmation mail of any sign-up is due; takes no lock."""
    with read_transaction(shop.engine) as connection:
        return connection.scalar(_open_query(), {"by_machine": datetime.now(UTC)}) is not None


@cache
def due_query() -> Select[Any]:
    """Returns the query of the sign-ups to mail now, the oldest first; it locks their rows.

    Its parameter `by_machine` is the time of the machine's clock.
    """
    columns = (
        SignUp.id, SignUp.address, SignUp.mailbox, SignUp.wording, SignUp.asked_at, SignUp.language
    )  # fmt: skip
    return (
        select(*(col(column) for column in columns))
        .where(IS_WAITING, _may_retry())
        .order_by(col(SignUp.asked_at), col(SignUp.id))
        .limit(BATCH_SIZE)
        .with_for_update(skip_locked=True)
    )


def count_in_doubt(connection: Connection) -> int:
    """Returns how many confirmation mails may or may not have been sent, without an event from the
    provider.
    """
    return connection.scalar(_in_doubt_query()) or 0


@cache
def _in_doubt_query() -> Select[tuple[int]]:
    has_event = (
        select(col(MailEvent.id)).where(col(MailEvent.message_id) == col(SignUp.id)).exists()
    )
    is_in_doubt = col(SignUp.state) == State.IN_DOUBT.value
    return select(func.count()).select_from(SignUp).where(is_in_doubt, ~has_event)


@cache
def _open_query() -> Select[tuple[str]]:
    return select(col(SignUp.id)).where(or_(and_(IS_WAITING, _may_retry()), IS_SENDING)).limit(1)


def _may_retry() -> ColumnElement[bool]:
    retry_at = col(SignUp.retry_at)
    return or_(retry_at.is_(None), retry_at <= bindparam("by_machine"))
