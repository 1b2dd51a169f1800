"""Delivers the outbox: lease, gate, render, commit `sending`, and only then send."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
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

from engine.delivery.cap import caps_of
from engine.delivery.gate_batch import BatchDecision, decide_batch, limits_of
from engine.delivery.going_live import hold_rehearsed
from engine.delivery.load_messages import load_messages
from engine.delivery.message_facts import load_current_facts
from engine.delivery.provider_breaker import ProviderBreaker
from engine.delivery.routing import batch_size, open_routes, sender_name_for
from engine.delivery.send_batch import send_batch
from engine.delivery.send_check import BatchCheck, StopCheck, never_stop
from engine.delivery.sender_outcomes import clear_journals, settle_cut_off
from engine.live.doctor_results import live_block_reason
from engine.message_states import State
from engine.messages.approval_limit import IS_HELD, hold_new_rules, releasable_messages
from engine.messages.bulk_update import update_columns
from engine.messages.find_corrections import is_correction
from engine.messages.held_lease import HeldLease
from engine.messages.leases import (
    BATCH_SIZE,
    IS_PENDING,
    lock_due_messages,
    lock_service_mails,
    release_messages,
    take_over_abandoned,
)
from engine.messages.service_digest import mark_parts
from engine.messages.settle import settle_messages
from engine.messages.settlement import Settlement
from engine.open.open_shop import OpenShop
from engine.tick_context import Clock, TickContext, fixed_clock
from mail.gate.gate import still_goes
from mail.gate.reasons import Reason
from shop.db.change_watch import ChangeWatch, open_change_watch
from shop.db.engine import read_transaction, write_transaction
from shop.db.provider_stops import allowed_providers, load_provider_stops
from shop.db.stops import is_stopped
from shop.db.upsert import IN_VALUES
from shop.db.workers import register_lease_owner
from shop.tables import Enrolment, Message
from shop.types.purpose import Purpose

Progress = Callable[[int], None]
# Live marketing needs a passed `regulars doctor`.
ALL_MAIL, IS_SERVICE_MESSAGE = true(), col(Message.purpose) == Purpose.SERVICE.value
DOCTOR_NOT_PASSED = f"{Reason.TOO_LATE}: regulars doctor had not passed"


@dataclass(frozen=True)
class DeliveryRun:
    """What the batches of one delivery are checked by."""

    watch: ChangeWatch
    should_stop: StopCheck
    clock: Clock | None
    lease: HeldLease
    breaker: ProviderBreaker


def deliver(
    shop: OpenShop,
    context: TickContext,
    progress: Progress | None = None,
    *,
    should_stop: StopCheck = never_stop,
    clock: Clock | None = None,
) -> None:
    """Sends all due messages in batches; each ends in a state with a reason.

    1. Prepares as `prepare_delivery` does.
    2. Per batch: `_claim_batch` commits `sending`, then each route sends its mails. Before each of
       them `BatchCheck` asks what changed; a mail that it withholds is queued again and judged
       with the next batch.
    3. A provider that refuses most mails alike is stopped, and its other mail waits.

    `clock` is read for each batch and before each mail: what quiet hours or a deadline keep back by
    then does not leave. Without one the time stands still at that of `context`.
    `progress` gets the number of messages of each batch. Raises `UnavailableError` if the sender
    cannot be reached, `StoppedError` once `should_stop` is true, and `LeaseLostError` where another
    delivery took the messages over; the unsent messages are queued again.
    """
    prepare_delivery(shop, context)
    allowed = _allowed_mail(shop, context)
    with (
        register_lease_owner() as lease_owner,
        open_routes(shop, lease_owner) as routes,
        open_change_watch(shop.engine) as watch,
    ):
        tick_clock = clock or fixed_clock(context.now)
        lease = HeldLease(shop.engine, lease_owner, shop.lease)
        run = DeliveryRun(watch, should_stop, clock, lease, ProviderBreaker())
        while batch := _claim_batch(shop, context := context.at(tick_clock()), lease, allowed):
            run.breaker.expect(batch.mails, _allowed_providers(shop, context))
            check = _batch_check(shop, context, batch, run)
            send_batch(shop, context, routes, lease, batch.mails, check)
            if progress:
                progress(batch.total - len(check.withheld))


def prepare_delivery(shop: OpenShop, context: TickContext) -> None:
    """Updates the messages that change without being sent.

    1. Settles messages that an ended delivery left in `sending`.
    2. Skips held messages past their deadline, releases those within a raised `ask me above`.
    """
    _settle_abandoned(shop, context)
    _update_held(shop, context, _allowed_mail(shop, context))


def has_due_messages(shop: OpenShop, context: TickContext) -> bool:
    """Returns whether `deliver` has a message to send; call `prepare_delivery` before."""
    allowed, rules = _allowed_mail(shop, context), list(shop.config.rules)
    with write_transaction(shop.engine) as connection:
        return bool(lock_due_messages(connection, rules, allowed, now=context.now, limit=1))


def _allowed_mail(shop: OpenShop, context: TickContext) -> ColumnElement[bool]:
    is_blocked = live_block_reason(shop, context.now) is not None
    return IS_SERVICE_MESSAGE if is_blocked else ALL_MAIL


def _claim_batch(
    shop: OpenShop, context: TickContext, lease: HeldLease, allowed: ColumnElement[bool]
) -> BatchDecision | None:
    """One transaction from reading consent to `sending`: an opt-out cannot come in between."""
    with write_transaction(shop.engine) as connection:
        ids = lock_due_messages(
            connection, list(shop.config.rules), allowed, now=context.now, limit=batch_size(shop)
        )
        if not ids:
            return None
        ids += lock_service_mails(connection, ids, now=context.now)
        messages = load_messages(connection, shop, ids, now=context.now, caps=caps_of(shop))
        stopped = load_provider_stops(connection)
        batch = decide_batch(shop, messages, now=context.now, stopped_providers=stopped)
        settle_messages(connection, shop.config, batch.refused, context)
        _defer(connection, batch, context)
        _mark_sending(connection, shop, batch, context, lease)
    return batch


def _allowed_providers(shop: OpenShop, context: TickContext) -> Collection[str]:
    with read_transaction(shop.engine) as connection:
        return allowed_providers(connection, now=context.now)


def _batch_check(
    shop: OpenShop, context: TickContext, batch: BatchDecision, run: DeliveryRun
) -> BatchCheck:
    """Withholds mails whose facts differ from those they were judged by, stopped ones, and those
    that the gate would not let go any more at the time of the run's clock.
    """

    def find_withheld(message_ids: Sequence[str]) -> list[str]:
        with read_transaction(shop.engine) as connection:
            all_ids = [part for id_ in message_ids for part in batch.in_one_mail(id_)]
            facts = load_current_facts(connection, shop.config, all_ids, now=context.now)
        changed = {id_ for id_ in all_ids if facts.get(id_) != batch.grounds[id_].facts}
        return [id_ for id_ in message_ids if changed & set(batch.in_one_mail(id_))]

    limits = limits_of(shop)

    def is_in_time(message_id: str) -> bool:
        if run.clock is None:
            return True
        cases = [batch.grounds[part].case for part in batch.in_one_mail(message_id)]
        now = run.clock()
        return all(still_goes(case, limits, judged_at=context.now, now=now) for case in cases)

    message_ids = [mail.message_id for mail in batch.mails]
    return BatchCheck(
        message_ids,
        run.watch,
        find_withheld,
        is_in_time,
        run.breaker,
        should_stop=run.should_stop,
        check_lease=run.lease.check,
    )


def _settle_abandoned(shop: OpenShop, context: TickContext) -> None:
    """The sender tells what it has of the mails that an ended delivery left in `sending`."""
    with write_transaction(shop.engine) as connection:
        cut_off = take_over_abandoned(connection)
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
        connection.execute(
            _touch_enrolments_update(), {"tick": context.tick, "values": message_ids}
        )


def _mark_sending(
    connection: Connection,
    shop: OpenShop,
    batch: BatchDecision,
    context: TickContext,
    lease: HeldLease,
) -> None:
    if not batch.mails:
        return
    shared = {"state": State.SENDING.value, "settled_at": context.now, "reason": None}
    leased = lease.take(connection, [mail.message_id for mail in batch.mails])
    rows = [
        {
            "row": mail.message_id,
            "to_address": mail.to_address,
            "basis": batch.evidence[mail.message_id],
            "through": sender_name_for(shop, mail),
        }
        | shared
        | leased[mail.message_id]
        for mail in batch.mails
    ]
    columns = (name for name in rows[0] if name != "row")
    connection.execute(update_columns(Message, *columns), rows)
    mark_parts(connection, rows, batch.parts, batch.evidence)


@cache
def _touch_enrolments_update() -> Update:
    """Enrolments of deferred mails count as moved by this tick."""
    enrolment_ids = select(col(Message.enrolment_id)).where(
        col(Message.id).in_(IN_VALUES), ~is_correction()
    )
    return (
        update(Enrolment)
        .where(col(Enrolment.id).in_(enrolment_ids))
        .values(tick_id=bindparam("tick"))
    )


def _update_held(shop: OpenShop, context: TickContext, allowed: ColumnElement[bool]) -> None:
    """Skips held messages that are too late, and releases those that a raised limit allows."""
    while _skip_expired(shop, context, allowed):
        pass
    with write_transaction(shop.engine) as connection:
        hold_rehearsed(connection, shop.config, context)
        hold_new_rules(connection, shop.config)
        releasable = releasable_messages(connection, shop.config)
        for start in range(0, len(releasable), BATCH_SIZE):
            release_messages(connection, releasable[start : start + BATCH_SIZE])


def _skip_expired(shop: OpenShop, context: TickContext, allowed: ColumnElement[bool]) -> bool:
    """Skips a batch of expired messages, each with its first reason; returns whether there were
    any.
    """
    settlements: dict[str, Settlement] = {}
    with write_transaction(shop.engine) as connection:
        for reason, query in _expired_queries().items():
            if reason != DOCTOR_NOT_PASSED or allowed is not ALL_MAIL:
                for message_id in connection.scalars(query, {"now": context.now}):
                    settlements.setdefault(
                        message_id, Settlement(message_id, State.SKIPPED, reason)
                    )
            if len(settlements) >= BATCH_SIZE:
                break  # more messages may have this reason
        settle_messages(connection, shop.config, list(settlements.values()), context)
    return bool(settlements)


@cache
def _expired_queries() -> Mapping[str, Select[tuple[str]]]:
    """By reason: the expired messages. Rows that the owner is deciding about are locked and left
    out.
    """
    is_late = col(Message.deadline) < bindparam("now")
    conditions = {
        str(Reason.NOT_APPROVED): _approval_expired(),
        f"{Reason.TOO_LATE}: nobody approved it": and_(IS_HELD, is_late),
        f"{Reason.TOO_LATE}: you had stopped it": and_(IS_PENDING, is_stopped(), is_late),
        DOCTOR_NOT_PASSED: and_(IS_PENDING, ~IS_SERVICE_MESSAGE, is_late),
    }
    locked_batch = select(col(Message.id)).limit(BATCH_SIZE).with_for_update(skip_locked=True)
    return {reason: locked_batch.where(condition) for reason, condition in conditions.items()}


def _approval_expired() -> ColumnElement[bool]:
    """The approval time is over, although the mail itself could still go."""
    until = col(Message.approve_until)
    return and_(IS_HELD, until < bindparam("now"), until <= col(Message.deadline))
