"""From the queue to the sender: claim, gate, write, commit `sending`, and only then send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update
from sqlmodel import col

from engine.advance import ASKING_WINDOW, asking_room
from engine.claiming import abandoned, claim, release
from engine.judging import Judged, judge
from engine.letter_facts import gather
from engine.opening import OpenShop
from engine.settling import Settled, settle
from engine.states import State
from engine.turn import Turn
from mail.mime import Mail
from mail.reasons import Reason
from mail.sender import Accepted, Outcome
from shop.database import reading, writing
from shop.tables import Enrolment, Message
from shop.writing import table_of

Progress = Callable[[int], None]


def deliver(shop: OpenShop, turn: Turn, progress: Progress | None = None) -> None:
    """Send whatever is due; every message ends in a state with its reason."""
    _take_over(shop, turn)
    _let_go(shop, turn)
    while ids := _claimed(shop, turn):
        _deliver_some(shop, turn, ids)
        if progress:
            progress(len(ids))


def _claimed(shop: OpenShop, turn: Turn) -> list[str]:
    with writing(shop.engine) as connection:
        return claim(connection, list(shop.file.rules), now=turn.now)


def _deliver_some(shop: OpenShop, turn: Turn, ids: Sequence[str]) -> None:
    with reading(shop.engine) as connection:
        wanted = gather(connection, shop.file, ids, now=turn.now)
    judged = judge(shop, wanted, now=turn.now)
    with writing(shop.engine) as connection:
        settle(connection, shop.file, judged.refused, turn)
        _defer(connection, judged, turn)
        _mark_sending(connection, judged, turn)
    _send(shop, turn, judged.mails)


def _send(shop: OpenShop, turn: Turn, mails: Sequence[Mail]) -> None:
    """Where the sender cannot go on, what it has is written down and the rest goes back."""
    untold = {mail.message_id for mail in mails}
    outcomes: list[Outcome] = []
    try:
        for outcome in shop.sender.send(mails):
            outcomes.append(outcome)  # noqa: PERF402  # kept even when the next one raises
    finally:
        untold -= {outcome.message_id for outcome in outcomes}
        with writing(shop.engine) as connection:
            settle(connection, shop.file, _settled(shop, outcomes), turn)
            _sort_out(connection, shop, turn, untold)


def _settled(shop: OpenShop, outcomes: Iterable[Outcome]) -> list[Settled]:
    went = State.SENT if shop.sender.reaches_people else State.REHEARSED
    return [
        Settled(outcome.message_id, went)
        if isinstance(outcome, Accepted)
        else Settled(outcome.message_id, State.FAILED, f"{Reason.REFUSED}: {outcome.why}")
        for outcome in outcomes
    ]


def _take_over(shop: OpenShop, turn: Turn) -> None:
    """What a dead worker had only claimed goes back; what it was sending, the sender knows."""
    with writing(shop.engine) as connection:
        left = abandoned(connection)
        release(connection, [one for one, state in left if state == State.CLAIMED])
        _sort_out(connection, shop, turn, {one for one, state in left if state == State.SENDING})


def _sort_out(connection: Connection, shop: OpenShop, turn: Turn, cut_off: set[str]) -> None:
    has = shop.sender.accepted(cut_off)
    went = [Accepted(message) for message in sorted(has)]
    settle(connection, shop.file, _settled(shop, went), turn)
    release(connection, sorted(cut_off - has))


def _defer(connection: Connection, judged: Judged, turn: Turn) -> None:
    rows = [
        {"row": message, "reason": wait.reason.value, "due_at": wait.until}
        for message, wait in judged.deferred
    ]
    if rows:
        later = {"state": State.DEFERRED.value, "claimed_by": None, "tick_id": turn.tick}
        _update(connection, rows, later)
        _touch(connection, [message for message, _ in judged.deferred], turn)


def _mark_sending(connection: Connection, judged: Judged, turn: Turn) -> None:
    rows = [
        {"row": mail.message_id, "to_address": mail.to_address,
         "basis": judged.evidence[mail.message_id]}
        for mail in judged.mails
    ]  # fmt: skip
    if rows:
        under_way = {"state": State.SENDING.value, "settled_at": turn.now, "reason": None}
        _update(connection, rows, under_way)


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
    theirs = select(col(Message.enrolment_id)).where(col(Message.id).in_(messages))
    connection.execute(
        update(Enrolment).where(col(Enrolment.id).in_(theirs)).values(tick_id=turn.tick)
    )


def _let_go(shop: OpenShop, turn: Turn) -> None:
    """Held mails: those that became too late end; a raised `ask me above` lets others go."""
    held = col(Message.state) == State.AWAITING_APPROVAL.value
    with writing(shop.engine) as connection:
        late = connection.scalars(
            select(col(Message.id)).where(held, col(Message.deadline) < turn.now)
        ).all()
        over = [
            Settled(one, State.SKIPPED, f"{Reason.TOO_LATE}: nobody approved it") for one in late
        ]
        settle(connection, shop.file, over, turn)
        for name in shop.file.rules:
            release(connection, _within_room(connection, shop, name))


def _within_room(connection: Connection, shop: OpenShop, name: str) -> Sequence[str]:
    ours = (
        col(Message.rule) == name,
        col(Message.state) == State.AWAITING_APPROVAL.value,
    )
    first = connection.scalar(select(func.min(col(Message.created_at))).where(*ours))
    if first is None:
        return []
    # Counted from before the first of them: that a day has passed is no approval.
    room = asking_room(connection, shop.file, name, since=first - ASKING_WINDOW)
    oldest = select(col(Message.id)).where(*ours).order_by(col(Message.created_at), col(Message.id))
    return connection.scalars(oldest.limit(max(0, room))).all()
