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

from engine.delivery.gate_batch import Judged, judge
from engine.delivery.going_live import hold_rehearsed
from engine.delivery.load_messages import gather
from engine.delivery.routing import Way, name_of_way, ways_out
from engine.delivery.sender_outcomes import broke_off, forget, sort_out, stumbled, write_down
from engine.live.doctor_results import may_go_live
from engine.message_states import State
from engine.messages.approval_limit import HELD, hold_unseen, within_room
from engine.messages.bulk_update import changing
from engine.messages.find_corrections import is_correction
from engine.messages.leases import BATCH, NOT_YET, CutOff, abandoned, lease, release, take
from engine.messages.settle import Settled, settle
from engine.open.open_shop import OpenShop
from engine.tick_context import Turn
from mail.gate.reasons import Reason
from mail.message.mime import Mail
from mail.senders.protocol import Delivery, Outcome
from settings.errors import OutOfReach
from shop.db.engine import writing
from shop.db.stops import stopped
from shop.db.upsert import SOME
from shop.db.workers import holding
from shop.tables import Enrolment, Message
from shop.types.purpose import Purpose

Progress = Callable[[int], None]
# Marketing waits until the doctor finds nothing wrong.
EVERYTHING, SERVICE_ALONE = true(), col(Message.purpose) == Purpose.SERVICE.value
NO_DOCTOR = f"{Reason.TOO_LATE}: regulars doctor had not passed"


def deliver(shop: OpenShop, turn: Turn, progress: Progress | None = None) -> None:
    """Send whatever is due; every message ends in a state with its reason."""
    _take_over(shop, turn)
    allowed = EVERYTHING if may_go_live(shop, turn.now) is None else SERVICE_ALONE
    _let_go(shop, turn, allowed)
    with holding() as ours, ways_out(shop, ours) as ways:
        while judged := _next(shop, turn, ours, allowed):
            for way in ways:
                _send(shop, turn, way, ours, way.of(judged.mails))
            if progress:
                progress(judged.total)


def _next(shop: OpenShop, turn: Turn, ours: str, allowed: ColumnElement[bool]) -> Judged | None:
    """One transaction from the look at a customer's no to `sending`: nothing comes between."""
    with writing(shop.engine) as connection:
        ids = take(connection, list(shop.file.rules), allowed, now=turn.now)
        if not ids:
            return None
        rehearsing = not (shop.sender.reaches_people and shop.file.sending.is_live)
        wanted = gather(connection, shop.file, ids, now=turn.now, rehearsing=rehearsing)
        judged = judge(shop, wanted, now=turn.now)
        settle(connection, shop.file, judged.refused, turn)
        _defer(connection, judged, turn)
        _mark_sending(connection, shop, judged, turn, ours)
    return judged


def _send(shop: OpenShop, turn: Turn, way: Way, ours: str, mails: Sequence[Mail]) -> None:
    """Outcomes come in the order of the mails; what one of them breaks, the next do not feel."""
    left = [CutOff(mail.message_id, ours, way.name) for mail in mails]
    while left:
        told, fault = told_by(way.delivery, mails[len(mails) - len(left) :])
        left = left[len(told) :]
        with writing(shop.engine) as connection:
            write_down(connection, shop, told, way.name, turn)
            if isinstance(fault, OutOfReach):
                sort_out(connection, shop, left, turn)
                for at_hand in left[:1]:
                    broke_off(connection, at_hand)
            elif left:
                why = type(fault).__name__ if fault else "no answer"
                stumbled(connection, shop, left.pop(0), why, turn)
        way.delivery.settled()
        if isinstance(fault, OutOfReach):
            raise fault


def told_by(delivery: Delivery, mails: Sequence[Mail]) -> tuple[list[Outcome], Exception | None]:
    """What the sender said until it was through, out of reach, or stumbled over one mail."""
    told: list[Outcome] = []
    try:
        for outcome in delivery.send(mails):
            told.append(outcome)  # noqa: PERF402  # kept even when the next one raises
    except Exception as fault:  # noqa: BLE001  # whatever a sender stumbles over is one mail's end
        return told, fault
    return told, None


def _take_over(shop: OpenShop, turn: Turn) -> None:
    """What was being sent when a delivery ended, its sender knows."""
    with writing(shop.engine) as connection:
        cut_off = abandoned(connection)
        if cut_off:
            sort_out(connection, shop, cut_off, turn)
    forget(shop, cut_off)


def _defer(connection: Connection, judged: Judged, turn: Turn) -> None:
    rows = [
        {"row": message, "reason": wait.reason.value, "due_at": wait.until,
         "state": State.DEFERRED.value, "tick_id": turn.tick}
        for message, wait in judged.deferred
    ]  # fmt: skip
    if rows:
        connection.execute(changing(Message, "reason", "due_at", "state", "tick_id"), rows)
        deferred = [message for message, _ in judged.deferred]
        connection.execute(_touching(), {"tick": turn.tick, "some": deferred})


def _mark_sending(
    connection: Connection, shop: OpenShop, judged: Judged, turn: Turn, ours: str
) -> None:
    same = {
        "state": State.SENDING.value, "settled_at": turn.now, "reason": None,
        "claimed_by": ours, "claimed_until": lease(),
    }  # fmt: skip
    rows = [
        {
            "row": mail.message_id,
            "to_address": mail.to_address,
            "basis": judged.evidence[mail.message_id],
            "through": name_of_way(shop, mail),
        }
        | same
        for mail in judged.mails
    ]
    if rows:
        own = ("to_address", "basis", "through")
        connection.execute(changing(Message, *own, *same), rows)


@cache
def _touching() -> Update:
    """The enrolments of deferred mails were moved by this tick too."""
    theirs = select(col(Message.enrolment_id)).where(col(Message.id).in_(SOME), ~is_correction())
    return update(Enrolment).where(col(Enrolment.id).in_(theirs)).values(tick_id=bindparam("tick"))


def _let_go(shop: OpenShop, turn: Turn, allowed: ColumnElement[bool]) -> None:
    """Held mails: those that became too late end; a raised `ask me above` lets others go."""
    while _end_some(shop, turn, allowed):
        pass
    with writing(shop.engine) as connection:
        hold_rehearsed(connection, shop.file, turn)
        hold_unseen(connection, shop.file)
        fits = within_room(connection, shop.file)
        for start in range(0, len(fits), BATCH):
            release(connection, fits[start : start + BATCH])


def _end_some(shop: OpenShop, turn: Turn, allowed: ColumnElement[bool]) -> bool:
    """Each for the first reason that it has."""
    ended: dict[str, Settled] = {}
    with writing(shop.engine) as connection:
        for why, which in _ending().items():
            if why != NO_DOCTOR or allowed is not EVERYTHING:
                for one in connection.scalars(which, {"now": turn.now}):
                    ended.setdefault(one, Settled(one, State.SKIPPED, why))
            if len(ended) >= BATCH:
                break  # there may be more who have this reason
        settle(connection, shop.file, list(ended.values()), turn)
    return bool(ended)


@cache
def _ending() -> Mapping[str, Select[tuple[str]]]:
    """Why held mails end, and which of them do so now.

    What the owner is deciding about at this very moment is left to them.
    """
    late = col(Message.deadline) < bindparam("now")
    which = {
        str(Reason.NOT_APPROVED): _unheard(),
        f"{Reason.TOO_LATE}: nobody approved it": and_(HELD, late),
        f"{Reason.TOO_LATE}: you had stopped it": and_(NOT_YET, stopped(), late),
        NO_DOCTOR: and_(NOT_YET, ~SERVICE_ALONE, late),
    }
    some = select(col(Message.id)).limit(BATCH).with_for_update(skip_locked=True)
    return {why: some.where(held) for why, held in which.items()}


def _unheard() -> ColumnElement[bool]:
    """The owner had so long to say yes, and the mail could have gone for longer."""
    until = col(Message.approve_until)
    return and_(HELD, until < bindparam("now"), until <= col(Message.deadline))
