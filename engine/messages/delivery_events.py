"""What is told about mails after they went: written down, and acted upon.

In any order, as often as a mail service likes: a message's state follows from all that was ever
told about it, never from what came last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlmodel import col

from engine.message_states import ACCEPTED, State
from engine.messages.bulk_update import changing
from engine.messages.recipients import recipients
from engine.messages.settle import Settled, settle
from engine.open.open_shop import OpenShop
from engine.tick_context import Turn, after_the_last
from shop.consent import suppressions
from shop.consent.basis import Said, Says, record_words
from shop.consent.suppressions import Kind, Told
from shop.db.engine import writing
from shop.db.upsert import SOME
from shop.tables import MailEvent, Message

MANY = 500  # messages in one statement
# Who has done or suffered any of these has been sent the mail; the worst is what is remembered.
PROOF: dict[Kind, State] = {
    Kind.ACCEPTED: State.SENT,
    Kind.DEFERRED: State.SENT,
    Kind.DELIVERED: State.DELIVERED,
    Kind.OPENED: State.DELIVERED,
    Kind.CLICKED: State.DELIVERED,
    Kind.UNSUBSCRIBED: State.DELIVERED,
    Kind.ANSWERED: State.DELIVERED,
    Kind.BOUNCED_FOR_NOW: State.BOUNCED,
    Kind.BOUNCED: State.BOUNCED,
    Kind.REJECTED: State.FAILED,
    Kind.COMPLAINED: State.COMPLAINED,
}
WORSE = (State.SENT, State.FAILED, State.DELIVERED, State.BOUNCED, State.COMPLAINED)
NOT_KNOWN = {State.IN_DOUBT, State.QUEUED, State.DEFERRED}
KNOWN = ACCEPTED | {State.FAILED}
SAYS_NO = {Kind.UNSUBSCRIBED: "unsubscribed", Kind.COMPLAINED: "complained"}


def take_in(shop: OpenShop, told: Sequence[Told], *, now: datetime) -> int:
    """Keep what is new of this and act upon it, in one transaction; how many were new."""
    with writing(shop.engine) as connection:
        return len(take_in_with(connection, shop, told, now=now))


def take_in_with(
    connection: Connection, shop: OpenShop, told: Sequence[Told], *, now: datetime
) -> list[Told]:
    """The same, together with what else is written; what was new."""
    fresh = suppressions.record(connection, told, now=now)
    _take_noes(connection, fresh)
    ids = sorted({one.message_id for one in fresh if one.message_id})
    bring_up_to_date(connection, shop, ids, after_the_last(connection, now))
    return fresh


def bring_up_to_date(
    connection: Connection, shop: OpenShop, message_ids: Sequence[str], turn: Turn
) -> None:
    """Give these messages the states that follow from all that was told about them."""
    for start in range(0, len(message_ids), MANY):
        ids = message_ids[start : start + MANY]
        stand = dict(connection.execute(_standing(), {"some": ids}).tuples().all())
        now_known = _states(connection, ids)
        _end_doubt(connection, shop, now_known, stand, turn)
        _go_on(connection, now_known, stand)


def _end_doubt(
    connection: Connection,
    shop: OpenShop,
    known: dict[str, tuple[State, str | None]],
    stand: dict[str, str],
    turn: Turn,
) -> None:
    """It is known now that it went, though we did not, or meant to send it again.

    Its series goes on from here, or ends.
    """
    settled = [
        Settled(one, State.FAILED if state is State.FAILED else State.SENT, why)
        for one, (state, why) in known.items()
        if stand.get(one) in NOT_KNOWN
    ]
    settle(connection, shop.file, settled, turn)
    stand.update({one.message_id: one.state.value for one in settled})


def _go_on(
    connection: Connection,
    known: dict[str, tuple[State, str | None]],
    stand: dict[str, str],
) -> None:
    rows = [
        {"row": one, "state": state.value, "reason": why}
        for one, (state, why) in known.items()
        if stand.get(one) in KNOWN and stand[one] != state
    ]
    if rows:
        connection.execute(changing(Message, "state", "reason"), rows)


def _states(connection: Connection, ids: Collection[str]) -> dict[str, tuple[State, str | None]]:
    """The worst that was told of each, and the words it was told in."""
    found: dict[str, list[tuple[State, str | None]]] = defaultdict(list)
    for message, kind, detail in connection.execute(_told(), {"some": list(ids)}):
        if state := PROOF.get(Kind(kind)):
            bad = state in (State.BOUNCED, State.FAILED, State.COMPLAINED)
            found[message].append((state, detail if bad else None))
    return {message: max(states, key=_badness) for message, states in found.items()}


@cache
def _told() -> Select[Any]:
    told = select(col(MailEvent.message_id), col(MailEvent.kind), col(MailEvent.detail))
    return told.where(col(MailEvent.message_id).in_(SOME)).order_by(col(MailEvent.happened_at))


def _badness(told: tuple[State, str | None]) -> int:
    return WORSE.index(told[0])


@cache
def _standing() -> Select[tuple[str, str]]:
    """Held until this is written: whoever settles the same mail at this moment waits."""
    mine = select(col(Message.id), col(Message.state)).where(col(Message.id).in_(SOME))
    return mine.order_by(col(Message.id)).with_for_update()


def _take_noes(connection: Connection, fresh: Iterable[Told]) -> None:
    """Who unsubscribed at the mail service, or called it spam, has said no to us."""
    noes = [one for one in fresh if one.kind in SAYS_NO and one.message_id]
    whose = recipients(connection, {one.message_id or "" for one in noes})
    said = [
        Said(
            customer=customer,
            says=Says.NO,
            at=one.happened_at,
            evidence=f"{SAYS_NO[one.kind]}, told by {one.source}",
            wording=one.detail,
            actor="the customer",
            source=one.source,
        )
        for one in noes
        for customer in sorted(whose.get(one.message_id or "", ()))
    ]
    record_words(connection, said)
