"""From the queue to the sender: gate, write, commit `sending`, and only then send."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, select, true, update
from sqlmodel import col

from engine.asking import HELD, hold_unseen, within_room
from engine.claiming import BATCH, NOT_YET, CutOff, abandoned, lease, release, take
from engine.corrected import is_correction
from engine.doctor.kept import may_go_live
from engine.going_live import hold_rehearsed
from engine.judging import Judged, judge
from engine.letter_facts import gather
from engine.opening import OpenShop
from engine.outcomes import broke_off, forget, sort_out, stumbled, write_down
from engine.settling import Settled, settle
from engine.states import State
from engine.turn import Turn
from engine.ways import Way, name_of_way, ways_out
from mail.mime import Mail
from mail.reasons import Reason
from mail.sender import Delivery, Outcome
from settings.trouble import OutOfReach
from shop.database import writing
from shop.purpose import Purpose
from shop.stops import stopped
from shop.tables import Enrolment, Message
from shop.worker import holding
from shop.writing import table_of

Progress = Callable[[int], None]


def deliver(shop: OpenShop, turn: Turn, progress: Progress | None = None) -> None:
    """Send whatever is due; every message ends in a state with its reason."""
    _take_over(shop, turn)
    allowed = everything() if may_go_live(shop, turn.now) is None else service_alone()
    _let_go(shop, turn, allowed)
    with holding() as ours, ways_out(shop, ours) as ways:
        while judged := _next(shop, turn, ours, allowed):
            for way in ways:
                _send(shop, turn, way, ours, way.of(judged.mails))
            if progress:
                progress(judged.total)


def everything() -> ColumnElement[bool]:
    return true()


def service_alone() -> ColumnElement[bool]:
    """Marketing waits until the doctor finds nothing wrong."""
    return col(Message.purpose) == Purpose.SERVICE.value


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
        sort_out(connection, shop, cut_off, turn)
    forget(shop, cut_off)


def _defer(connection: Connection, judged: Judged, turn: Turn) -> None:
    rows = [
        {"row": message, "reason": wait.reason.value, "due_at": wait.until}
        for message, wait in judged.deferred
    ]
    if rows:
        _update(connection, rows, {"state": State.DEFERRED.value, "tick_id": turn.tick})
        _touch(connection, [message for message, _ in judged.deferred], turn)


def _mark_sending(
    connection: Connection, shop: OpenShop, judged: Judged, turn: Turn, ours: str
) -> None:
    rows = [
        {
            "row": mail.message_id,
            "to_address": mail.to_address,
            "basis": judged.evidence[mail.message_id],
            "through": name_of_way(shop, mail),
        }
        for mail in judged.mails
    ]
    if rows:
        held = {"claimed_by": ours, "claimed_until": lease()}
        under_way = {"state": State.SENDING.value, "settled_at": turn.now, "reason": None}
        _update(connection, rows, under_way | held)


def _update(
    connection: Connection, rows: Sequence[Mapping[str, Any]], same: Mapping[str, Any]
) -> None:
    table = table_of(Message)
    own: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "row"}
    connection.execute(
        update(table).where(table.c.id == bindparam("row")).values(**same, **own), rows
    )


def _touch(connection: Connection, messages: Sequence[str], turn: Turn) -> None:
    """Their enrolments were moved by this tick too."""
    theirs = select(col(Message.enrolment_id)).where(
        col(Message.id).in_(messages), ~is_correction()
    )
    connection.execute(
        update(Enrolment).where(col(Enrolment.id).in_(theirs)).values(tick_id=turn.tick)
    )


def _let_go(shop: OpenShop, turn: Turn, allowed: ColumnElement[bool]) -> None:
    """Held mails: those that became too late end; a raised `ask me above` lets others go."""
    _end(shop, turn, _unheard(turn.now), str(Reason.NOT_APPROVED))
    late = col(Message.deadline) < turn.now
    held = {
        "nobody approved it": HELD,
        "you had stopped it": and_(NOT_YET, stopped()),
        "regulars doctor had not passed": and_(NOT_YET, ~allowed),
    }
    for why, which in held.items():
        _end(shop, turn, and_(which, late), f"{Reason.TOO_LATE}: {why}")
    with writing(shop.engine) as connection:
        hold_rehearsed(connection, shop.file, turn)
        hold_unseen(connection, shop.file)
        fits = within_room(connection, shop.file)
        for start in range(0, len(fits), BATCH):
            release(connection, fits[start : start + BATCH])


def _unheard(now: datetime) -> ColumnElement[bool]:
    """The owner had so long to say yes, and the mail could have gone for longer."""
    until = col(Message.approve_until)
    return and_(HELD, until < now, until <= col(Message.deadline))


def _end(shop: OpenShop, turn: Turn, which: ColumnElement[bool], why: str) -> None:
    while _end_some(shop, turn, which, why):
        pass


def _end_some(shop: OpenShop, turn: Turn, which: ColumnElement[bool], why: str) -> bool:
    """What the owner is deciding about at this very moment is left to them."""
    some = select(col(Message.id)).where(which).limit(BATCH).with_for_update(skip_locked=True)
    with writing(shop.engine) as connection:
        ended = [Settled(one, State.SKIPPED, why) for one in connection.scalars(some)]
        settle(connection, shop.file, ended, turn)
    return bool(ended)
