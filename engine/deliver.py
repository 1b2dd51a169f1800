"""From the queue to the sender: gate, write, commit `sending`, and only then send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlmodel import col

from engine.asking import HELD, within_room
from engine.claiming import BATCH, abandoned, hands, lease, release, take
from engine.judging import Judged, judge
from engine.letter_facts import gather
from engine.opening import OpenShop
from engine.settling import Settled, settle
from engine.states import State
from engine.turn import Turn
from mail.mime import Mail
from mail.reasons import Reason
from mail.sender import Accepted, Outcome, Refused
from settings.trouble import OutOfReach
from shop.database import writing
from shop.tables import Enrolment, Message
from shop.writing import table_of

Progress = Callable[[int], None]


def deliver(shop: OpenShop, turn: Turn, progress: Progress | None = None) -> None:
    """Send whatever is due; every message ends in a state with its reason."""
    _take_over(shop, turn)
    _let_go(shop, turn)
    with hands() as ours:
        while True:
            judged = _next(shop, turn, ours)
            if judged is None:
                return
            _send(shop, turn, judged.mails)
            if progress:
                progress(judged.total)


def _next(shop: OpenShop, turn: Turn, ours: str) -> Judged | None:
    """One transaction from the look at a customer's no to `sending`: nothing comes between."""
    with writing(shop.engine) as connection:
        ids = take(connection, list(shop.file.rules), now=turn.now)
        if not ids:
            return None
        rehearsing = not shop.sender.reaches_people
        wanted = gather(connection, shop.file, ids, now=turn.now, rehearsing=rehearsing)
        judged = judge(shop, wanted, now=turn.now)
        settle(connection, shop.file, judged.refused, turn)
        _defer(connection, judged, turn)
        _mark_sending(connection, judged, turn, ours)
    return judged


def _send(shop: OpenShop, turn: Turn, mails: Sequence[Mail]) -> None:
    """Outcomes come in the order of the mails; what one of them breaks, the next do not feel."""
    left = list(mails)
    while left:
        told, trouble = _told(shop, left)
        rest = {mail.message_id for mail in left[len(told) :]}
        left = left[len(told) :]
        with writing(shop.engine) as connection:
            settle(connection, shop.file, _settled(shop, told), turn)
            if trouble:
                _sort_out(connection, shop, turn, rest)
        if trouble:
            raise trouble


def _told(shop: OpenShop, mails: Sequence[Mail]) -> tuple[list[Outcome], OutOfReach | None]:
    """What the sender said until it was through, out of reach, or stumbled over one mail."""
    told: list[Outcome] = []
    try:
        for outcome in shop.sender.send(mails):
            told.append(outcome)  # noqa: PERF402  # kept even when the next one raises
    except OutOfReach as trouble:
        return told, trouble
    except Exception as fault:  # noqa: BLE001  # whatever a sender stumbles over is one mail's end
        told.append(_stumbled(shop, mails[len(told)], type(fault).__name__))
    if not told:
        told.append(_stumbled(shop, mails[0], "no answer"))
    return told, None


def _take_over(shop: OpenShop, turn: Turn) -> None:
    """What was being sent when a delivery ended, its sender knows."""
    with writing(shop.engine) as connection:
        _sort_out(connection, shop, turn, set(abandoned(connection)))


def _sort_out(connection: Connection, shop: OpenShop, turn: Turn, cut_off: set[str]) -> None:
    has = shop.sender.accepted(cut_off)
    went = [Accepted(message) for message in sorted(has)]
    settle(connection, shop.file, _settled(shop, went), turn)
    release(connection, sorted(cut_off - has))


def _settled(shop: OpenShop, outcomes: Iterable[Outcome]) -> list[Settled]:
    went = State.SENT if shop.sender.reaches_people else State.REHEARSED
    return [
        Settled(outcome.message_id, went)
        if isinstance(outcome, Accepted)
        else Settled(outcome.message_id, State.FAILED, f"{Reason.REFUSED}: {outcome.why}")
        for outcome in outcomes
    ]


def _stumbled(shop: OpenShop, mail: Mail, why: str) -> Outcome:
    """It may have gone all the same, just before."""
    has = shop.sender.accepted([mail.message_id])
    return Accepted(mail.message_id) if has else Refused(mail.message_id, why)


def _defer(connection: Connection, judged: Judged, turn: Turn) -> None:
    rows = [
        {"row": message, "reason": wait.reason.value, "due_at": wait.until}
        for message, wait in judged.deferred
    ]
    if rows:
        _update(connection, rows, {"state": State.DEFERRED.value, "tick_id": turn.tick})
        _touch(connection, [message for message, _ in judged.deferred], turn)


def _mark_sending(connection: Connection, judged: Judged, turn: Turn, ours: str) -> None:
    rows = [
        {
            "row": mail.message_id,
            "to_address": mail.to_address,
            "basis": judged.evidence[mail.message_id],
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
    theirs = select(col(Message.enrolment_id)).where(col(Message.id).in_(messages))
    connection.execute(
        update(Enrolment).where(col(Enrolment.id).in_(theirs)).values(tick_id=turn.tick)
    )


def _let_go(shop: OpenShop, turn: Turn) -> None:
    """Held mails: those that became too late end; a raised `ask me above` lets others go."""
    while _end_late(shop, turn):
        pass
    with writing(shop.engine) as connection:
        allowed = within_room(connection, shop.file)
        for start in range(0, len(allowed), BATCH):
            release(connection, allowed[start : start + BATCH])


def _end_late(shop: OpenShop, turn: Turn) -> bool:
    late = select(col(Message.id)).where(HELD, col(Message.deadline) < turn.now).limit(BATCH)
    why = f"{Reason.TOO_LATE}: nobody approved it"
    with writing(shop.engine) as connection:
        ended = [Settled(one, State.SKIPPED, why) for one in connection.scalars(late)]
        settle(connection, shop.file, ended, turn)
    return bool(ended)
