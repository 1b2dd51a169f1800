"""Going live: mails that were rehearsed and are still in time wait for approval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    exists,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.message_states import ACCEPTED, State
from engine.messages.approval_limit import IS_HELD
from engine.messages.bulk_update import update_columns
from engine.messages.leases import BATCH_SIZE
from engine.tick.advance import DONE, approval_deadline
from engine.tick_context import TickContext
from shop.tables import Enrolment, Message
from triggers.config import Send
from triggers.durations import allowed_lateness
from triggers.series import SEND
from triggers.steps import step_at
from triggers.stored_series import load_series

IS_REHEARSED = col(Message.state) == State.REHEARSED.value
SendSteps = dict[tuple[str, str], Send]


@dataclass(frozen=True)
class RehearsalSummary:
    """How many mails were rehearsed, and how many of them are still in time; `str()` tells the
    owner.
    """

    total: int
    in_time: int

    def __str__(self) -> str:
        rehearsed_mails = "1 mail was" if self.total == 1 else f"{self.total:,} mails were"
        outlook = (
            f"{self.in_time:,} of them could still go, and will wait for your word:"
            " regulars waiting"
            if self.in_time
            else "None of them goes any more: it is too late for them."
        )
        return f"This shop sends for real now. Until now {rehearsed_mails} rehearsed. {outlook}"


def summarize_rehearsal(
    connection: Connection, config: OwnerConfig, *, now: datetime
) -> RehearsalSummary | None:
    """Returns what was rehearsed before the shop of `config` went live; None if it is not live, or
    went live before.
    """
    if not config.sending.is_live:
        return None
    in_time = len(
        connection.execute(
            _resendable_query(), _query_parameters(config, _send_steps(connection, config), now)
        ).all()
    )
    if not in_time and connection.scalar(_has_gone_live_query()):
        return None
    total = connection.scalar(_rehearsed_count_query()) or 0
    return RehearsalSummary(total, in_time) if total else None


def hold_rehearsed(connection: Connection, config: OwnerConfig, context: TickContext) -> None:
    """Sets rehearsed mails that are in time to `awaiting approval` and reopens their enrolments.

    Does nothing while `config` rehearses.
    """
    if not config.sending.is_live:
        return
    steps = _send_steps(connection, config)
    rows = connection.execute(
        _resendable_locked_query(), _query_parameters(config, steps, context.now)
    ).all()
    for start in range(0, len(rows), BATCH_SIZE):
        _hold_for_approval(connection, rows[start : start + BATCH_SIZE], steps, context)


@cache
def _has_gone_live_query() -> Select[tuple[bool]]:
    """A mail was sent for real, or a rehearsed one waits for approval."""
    is_accepted = col(Message.state).in_([state.value for state in ACCEPTED])
    return select(exists().where(or_(is_accepted, IS_HELD)))


@cache
def _rehearsed_count_query() -> Select[tuple[int]]:
    return select(func.count()).select_from(Message).where(IS_REHEARSED)


@cache
def _resendable_locked_query() -> Select[Any]:
    """Rows that another delivery has locked are left out."""
    return _resendable_query().with_for_update(of=Message, skip_locked=True)


@cache
def _resendable_query() -> Select[Any]:
    """The last rehearsed mail of each series, if the series goes on or ended by itself."""
    columns = (col(Message.id), col(Message.rule), col(Message.step), col(Message.enrolment_id))
    return (
        select(*columns)
        .join(Enrolment, col(Enrolment.id) == col(Message.enrolment_id))
        .where(
            IS_REHEARSED,
            tuple_(col(Message.rule), col(Message.step)).in_(bindparam("steps", expanding=True)),
            col(Message.due_at) >= bindparam("due_since"),  # redundant, but lets the index be used
            col(Message.deadline) >= bindparam("now"),
            or_(col(Enrolment.ended).is_(None), col(Enrolment.ended) == DONE),
            ~_has_later_mail(),
        )
        .order_by(col(Message.created_at), col(Message.id))
    )


def _has_later_mail() -> ColumnElement[bool]:
    """Sent now, it would arrive after the mail that follows it."""
    later = aliased(Message)
    return (
        select(col(later.id))
        .where(
            col(later.enrolment_id) == col(Message.enrolment_id),
            col(later.id) != col(Message.id),
            col(later.created_at) >= col(Message.created_at),
        )
        .exists()
    )


def _query_parameters(config: OwnerConfig, steps: SendSteps, now: datetime) -> dict[str, Any]:
    longest_lateness = max(
        (allowed_lateness(rule) for rule in config.rules.values()), default=timedelta(0)
    )
    return {"steps": list(steps), "due_since": now - longest_lateness, "now": now}


def _send_steps(connection: Connection, config: OwnerConfig) -> SendSteps:
    """Each `send`, by rule and mail key."""
    return {
        (name, key): step
        for name, series in load_series(connection, config.rules).items()
        for key, place in series.mail_places().items()
        if isinstance(step := step_at(config.rules[name], place), Send)
    }


def _hold_for_approval(
    connection: Connection, rows: Sequence[Any], steps: SendSteps, context: TickContext
) -> None:
    message_columns = {
        "state": State.AWAITING_APPROVAL.value, "approve_first": True, "through": None,
        "digest_id": None,
        "settled_at": None, "reason": None, "tick_id": context.tick,
    }  # fmt: skip
    enrolment_columns = {"next_step": None, "next_at": None, "ended": None, "tick_id": context.tick}
    message_rows, enrolment_rows = [], []
    for row in rows:
        step = steps[row.rule, row.step]
        message_rows.append(
            {"row": row.id, "approve_until": approval_deadline(step, context.now)} | message_columns
        )
        enrolment_step = {"row": row.enrolment_id, "step": f"{SEND}{row.step}"}
        enrolment_rows.append(enrolment_step | enrolment_columns)
    connection.execute(update_columns(Message, "approve_until", *message_columns), message_rows)
    connection.execute(update_columns(Enrolment, "step", *enrolment_columns), enrolment_rows)
