"""From the queue to the sender: gate, write, commit `sending`, and only then send."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    select,
    true,
    update,
)
from sqlmodel import col

from engine.delivery.cap import cap_of
from engine.delivery.gate_batch import BatchDecision, decide_batch
from engine.delivery.going_live import hold_rehearsed
from engine.delivery.load_messages import load_messages
from engine.delivery.routing import Route, open_routes, sender_name_for
from engine.delivery.sender_outcomes import (
    back_off_interrupted,
    clear_journals,
    settle_cut_off,
    settle_failed_send,
    store_outcomes,
)
from engine.live.doctor_results import live_block_reason
from engine.message_states import State
from engine.messages.approval_limit import IS_HELD, hold_new_rules, releasable_messages
from engine.messages.bulk_update import update_columns
from engine.messages.find_corrections import is_correction
from engine.messages.leases import (
    BATCH_SIZE,
    IS_PENDING,
    CutOff,
    find_abandoned,
    lease_expiry,
    lock_due_messages,
    release_messages,
)
from engine.messages.settle import Settlement, settle_messages
from engine.open.open_shop import OpenShop
from engine.tick_context import TickContext
from mail.gate.reasons import Reason
from mail.message.mime import Mail
from mail.senders.protocol import Delivery, Outcome
from settings.errors import UnavailableError
from shop.db.engine import write_transaction
from shop.db.stops import is_stopped
from shop.db.upsert import IN_VALUES
from shop.db.workers import register_lease_owner
from shop.tables import Enrolment, Message
from shop.types.purpose import Purpose

Progress = Callable[[int], None]
# Marketing waits until the doctor finds nothing wrong.
ALL_MAIL, SERVICE_ONLY = true(), col(Message.purpose) == Purpose.SERVICE.value
DOCTOR_NOT_PASSED = f"{Reason.TOO_LATE}: regulars doctor had not passed"


def deliver(shop: OpenShop, context: TickContext, progress: Progress | None = None) -> None:
    """Send whatever is due; every message ends in a state with its reason."""
    _settle_abandoned(shop, context)
    allowed = ALL_MAIL if live_block_reason(shop, context.now) is None else SERVICE_ONLY
    _update_held(shop, context, allowed)
    with register_lease_owner() as lease_owner, open_routes(shop, lease_owner) as routes:
        while batch := _claim_batch(shop, context, lease_owner, allowed):
            for route in routes:
                _send_batch(shop, context, route, lease_owner, route.own_mails(batch.mails))
            if progress:
                progress(batch.total)


def _claim_batch(
    shop: OpenShop, context: TickContext, lease_owner: str, allowed: ColumnElement[bool]
) -> BatchDecision | None:
    """One transaction from the look at a customer's no to `sending`: nothing comes between."""
    with write_transaction(shop.engine) as connection:
        ids = lock_due_messages(connection, list(shop.config.rules), allowed, now=context.now)
        if not ids:
            return None
        messages = load_messages(connection, shop.config, ids, now=context.now, cap=cap_of(shop))
        batch = decide_batch(shop, messages, now=context.now)
        settle_messages(connection, shop.config, batch.refused, context)
        _defer(connection, batch, context)
        _mark_sending(connection, shop, batch, context, lease_owner)
    return batch


def _send_batch(
    shop: OpenShop, context: TickContext, route: Route, lease_owner: str, mails: Sequence[Mail]
) -> None:
    """Outcomes come in the order of the mails; what one of them breaks, the next do not feel."""
    unsent = [CutOff(mail.message_id, lease_owner, route.sender_name) for mail in mails]
    while unsent:
        outcomes, error = collect_outcomes(route.delivery, mails[len(mails) - len(unsent) :])
        unsent = unsent[len(outcomes) :]
        with write_transaction(shop.engine) as connection:
            store_outcomes(connection, shop, outcomes, route.sender_name, context)
            if isinstance(error, UnavailableError):
                settle_cut_off(connection, shop, unsent, context)
                for cut_off in unsent[:1]:
                    back_off_interrupted(connection, cut_off)
            elif unsent:
                reason = type(error).__name__ if error else "no answer"
                settle_failed_send(connection, shop, unsent.pop(0), reason, context)
        route.delivery.outcomes_saved()
        if isinstance(error, UnavailableError):
            raise error


def collect_outcomes(
    delivery: Delivery, mails: Sequence[Mail]
) -> tuple[list[Outcome], Exception | None]:
    """What the sender said until it was through, out of reach, or stumbled over one mail."""
    outcomes: list[Outcome] = []
    try:
        for outcome in delivery.send(mails):
            outcomes.append(outcome)  # noqa: PERF402  # kept even when the next one raises
    except Exception as error:  # noqa: BLE001  # whatever a sender stumbles over is one mail's end
        return outcomes, error
    return outcomes, None


def _settle_abandoned(shop: OpenShop, context: TickContext) -> None:
    """What was being sent when a delivery ended, its sender knows."""
    with write_transaction(shop.engine) as connection:
        cut_off = find_abandoned(connection)
        if cut_off:
            settle_cut_off(connection, shop, cut_off, context)
    clear_journals(shop, cut_off)


def _defer(connection: Connection, batch: BatchDecision, context: TickContext) -> None:
    rows = [
        {"row": message_id, "reason": deferral.reason.value, "due_at": deferral.until,
         "state": State.DEFERRED.value, "tick_id": context.tick}
        for message_id, deferral in batch.deferred
    ]  # fmt: skip
    if rows:
        connection.execute(update_columns(Message, "reason", "due_at", "state", "tick_id"), rows)
        message_ids = [message_id for message_id, _ in batch.deferred]
        connection.execute(_touch_enrolments_update(), {"tick": context.tick, "some": message_ids})


def _mark_sending(
    connection: Connection,
    shop: OpenShop,
    batch: BatchDecision,
    context: TickContext,
    lease_owner: str,
) -> None:
    shared_columns = {
        "state": State.SENDING.value, "settled_at": context.now, "reason": None,
        "claimed_by": lease_owner, "claimed_until": lease_expiry(),
    }  # fmt: skip
    rows = [
        {
            "row": mail.message_id,
            "to_address": mail.to_address,
            "basis": batch.evidence[mail.message_id],
            "through": sender_name_for(shop, mail),
        }
        | shared_columns
        for mail in batch.mails
    ]
    if rows:
        own_columns = ("to_address", "basis", "through")
        connection.execute(update_columns(Message, *own_columns, *shared_columns), rows)


@cache
def _touch_enrolments_update() -> Update:
    """The enrolments of deferred mails were moved by this tick too."""
    enrolment_ids = select(col(Message.enrolment_id)).where(
        col(Message.id).in_(IN_VALUES), ~is_correction()
    )
    return (
        update(Enrolment)
        .where(col(Enrolment.id).in_(enrolment_ids))
        .values(tick_id=bindparam("tick"))
    )


def _update_held(shop: OpenShop, context: TickContext, allowed: ColumnElement[bool]) -> None:
    """Held mails: those that became too late end; a raised `ask me above` lets others go."""
    while _skip_expired(shop, context, allowed):
        pass
    with write_transaction(shop.engine) as connection:
        hold_rehearsed(connection, shop.config, context)
        hold_new_rules(connection, shop.config)
        releasable = releasable_messages(connection, shop.config)
        for start in range(0, len(releasable), BATCH_SIZE):
            release_messages(connection, releasable[start : start + BATCH_SIZE])


def _skip_expired(shop: OpenShop, context: TickContext, allowed: ColumnElement[bool]) -> bool:
    """Each for the first reason that it has."""
    settlements: dict[str, Settlement] = {}
    with write_transaction(shop.engine) as connection:
        for reason, query in _expired_queries().items():
            if reason != DOCTOR_NOT_PASSED or allowed is not ALL_MAIL:
                for message_id in connection.scalars(query, {"now": context.now}):
                    settlements.setdefault(
                        message_id, Settlement(message_id, State.SKIPPED, reason)
                    )
            if len(settlements) >= BATCH_SIZE:
                break  # there may be more who have this reason
        settle_messages(connection, shop.config, list(settlements.values()), context)
    return bool(settlements)


@cache
def _expired_queries() -> Mapping[str, Select[tuple[str]]]:
    """Why held mails end, and which of them do so now.

    What the owner is deciding about at this very moment is left to them.
    """
    is_late = col(Message.deadline) < bindparam("now")
    conditions = {
        str(Reason.NOT_APPROVED): _approval_expired(),
        f"{Reason.TOO_LATE}: nobody approved it": and_(IS_HELD, is_late),
        f"{Reason.TOO_LATE}: you had stopped it": and_(IS_PENDING, is_stopped(), is_late),
        DOCTOR_NOT_PASSED: and_(IS_PENDING, ~SERVICE_ONLY, is_late),
    }
    limited = select(col(Message.id)).limit(BATCH_SIZE).with_for_update(skip_locked=True)
    return {reason: limited.where(condition) for reason, condition in conditions.items()}


def _approval_expired() -> ColumnElement[bool]:
    """The owner had so long to say yes, and the mail could have gone for longer."""
    until = col(Message.approve_until)
    return and_(IS_HELD, until < bindparam("now"), until <= col(Message.deadline))
