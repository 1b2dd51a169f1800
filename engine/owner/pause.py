"""Stops and resumes mail, and cancels a rule's enrolments."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Connection, Update, bindparam, select, update
from sqlmodel import col

from engine.message_states import State
from engine.messages.approval_limit import IS_HELD
from engine.messages.leases import BATCH_SIZE, IS_PENDING
from engine.messages.settle import settle_messages
from engine.messages.settlement import Settlement
from engine.open.open_shop import OpenShop
from engine.tick_context import TickContext, context_of_last_tick
from mail.gate.reasons import Reason
from settings.errors import WrongUsageError
from shop.db import provider_stops, stops
from shop.db.engine import write_transaction
from shop.tables import Enrolment, Message, SignUp
from triggers.verdicts import Verdict


def pause_mail(shop: OpenShop, rule: str | None, because: str | None, *, now: datetime) -> bool:
    """Hold the mail of `rule`, or all mail for None; returns False where it is held already.

    Raises `WrongUsageError` for a rule that is not in the file.
    """
    _check_rule(shop, rule)
    with write_transaction(shop.engine) as connection:
        return stops.stop_mail(connection, rule, because, now=now)


def resume_mail(shop: OpenShop, rule: str | None) -> bool:
    """Release a hold; returns False where there is none. `rule` may have left the file."""
    with write_transaction(shop.engine) as connection:
        return stops.resume_mail(connection, rule)


def resume_provider(shop: OpenShop, provider: str, *, now: datetime) -> bool:
    """Release the mail to `provider`, for a day whatever it answers; False where it was not held.

    What waited for it is due at once.
    """
    with write_transaction(shop.engine) as connection:
        was_held = provider_stops.resume_provider(connection, provider, now=now)
        if was_held:
            connection.execute(_due_again(), {"now": now})
            connection.execute(_confirmations_due_again())
    return was_held


@cache
def _due_again() -> Update:
    return update(Message).where(*_waits_for_provider(Message)).values(due_at=bindparam("now"))


@cache
def _confirmations_due_again() -> Update:
    return update(SignUp).where(*_waits_for_provider(SignUp)).values(retry_at=None)


def _waits_for_provider(mail: type[Message | SignUp]) -> tuple[ColumnElement[bool], ...]:
    """Of any provider: the next delivery defers those of others again."""
    is_deferred = col(mail.state) == State.DEFERRED.value
    return is_deferred, col(mail.reason) == Reason.PROVIDER_STOPPED.value


def cancel_rule(shop: OpenShop, rule: str, *, now: datetime) -> tuple[int, int]:
    """End everything that `rule` has begun; returns the number of mails and of enrolments ended."""
    with write_transaction(shop.engine) as connection:
        context = context_of_last_tick(connection, now)
        mails = 0
        while cancelled := _cancel_batch(connection, shop, rule, context):
            mails += cancelled
        return mails, _end_enrolments(connection, rule)


def _cancel_batch(connection: Connection, shop: OpenShop, rule: str, context: TickContext) -> int:
    query = select(col(Message.id)).where(col(Message.rule) == rule, IS_PENDING | IS_HELD)
    ids = connection.scalars(query.limit(BATCH_SIZE).with_for_update()).all()
    reason = str(Reason.CANCELLED)
    settle_messages(
        connection,
        shop.config,
        [Settlement(message_id, State.SKIPPED, reason) for message_id in ids],
        context,
    )
    return len(ids)


def _end_enrolments(connection: Connection, rule: str) -> int:
    running = (
        col(Enrolment.rule) == rule,
        col(Enrolment.ended).is_(None),
        col(Enrolment.verdict) == Verdict.GO.value,
    )
    values = {"next_at": None, "ended": str(Reason.CANCELLED)}
    cursor_result = connection.execution_options(preserve_rowcount=True).execute(
        update(Enrolment).where(*running).values(**values)
    )
    return cursor_result.rowcount


def _check_rule(shop: OpenShop, rule: str | None) -> None:
    if rule is not None and rule not in shop.config.rules:
        raise WrongUsageError(
            f"There is no rule {rule}. There are: {', '.join(shop.config.rules)}."
        )
