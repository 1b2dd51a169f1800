"""What the sender said of each mail, and what it remembers of those it was cut off at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Connection, bindparam, select, update
from sqlmodel import col

from engine.message_states import State
from engine.messages.delivery_events import bring_up_to_date
from engine.messages.leases import CutOff, release
from engine.messages.settle import Settled, settle
from engine.open.open_shop import OpenShop
from engine.tick_context import Turn
from mail.gate.reasons import Reason
from mail.senders import journal
from mail.senders.outbox.sender import Outbox
from mail.senders.protocol import Accepted, Later, NoSuchAddress, Outcome, Recalled, Refused
from shop.consent import suppressions
from shop.db.engine import reading
from shop.db.upsert import table_of
from shop.tables import Message

# A server that greylists lets the second try in; a full mailbox takes its owner hours.
PATIENCE = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))


def write_down(
    connection: Connection, shop: OpenShop, outcomes: Sequence[Outcome], through: str, turn: Turn
) -> None:
    """Each mail's last word, or when it is tried again."""
    final = [_settled(through, one) for one in outcomes if not isinstance(one, Later)]
    settle(connection, shop.file, final, turn)
    if through != Outbox.name:
        bring_up_to_date(connection, shop, [one.message_id for one in final], turn)
    _put_off(connection, [one for one in outcomes if isinstance(one, Later)], turn)
    unknown = [one for one in outcomes if isinstance(one, NoSuchAddress)]
    suppressions.bounced(
        connection, {one.message_id: one.why for one in unknown}, through, turn.now
    )


def sort_out(connection: Connection, shop: OpenShop, cut_off: Sequence[CutOff], turn: Turn) -> None:
    """What a sender has is sent, what it may have is in doubt, and the rest may go again."""
    known = recalled(shop, cut_off)
    doubt = str(Reason.MAY_HAVE_GONE)
    found = [Settled(one.message_id, went(one.through)) for one in cut_off
             if one.message_id in known.has]  # fmt: skip
    found += [Settled(one, State.IN_DOUBT, doubt) for one in sorted(known.may_have)]
    settle(connection, shop.file, found, turn)
    # What was told meanwhile may know better, and was about a mail still under way.
    bring_up_to_date(connection, shop, [one.message_id for one in found], turn)
    rest = {one.message_id for one in cut_off} - known.has - known.may_have
    if rest:
        release(connection, sorted(rest))


def broke_off(connection: Connection, one: CutOff) -> None:
    """A mail at which the line breaks again and again must not keep all the others back."""
    table = table_of(Message)
    mine = (table.c.id == one.message_id, table.c.state == State.QUEUED.value)
    tried = connection.scalar(select(table.c.attempts).where(*mine))
    if tried is not None:
        wait = PATIENCE[min(tried - 1, len(PATIENCE) - 1)] if tried else None
        again = {"attempts": tried + 1, "retry_at": datetime.now(UTC) + wait if wait else None}
        connection.execute(update(table).where(*mine).values(**again))


def stumbled(connection: Connection, shop: OpenShop, one: CutOff, why: str, turn: Turn) -> None:
    """A sender broke over one mail, which may have gone all the same, just before."""
    known = recalled(shop, [one])
    if one.message_id in known.has | known.may_have:
        sort_out(connection, shop, [one], turn)
    else:
        refused = Settled(one.message_id, State.FAILED, f"{Reason.REFUSED}: {why}")
        settle(connection, shop.file, [refused], turn)


def forget(shop: OpenShop, cut_off: Iterable[CutOff]) -> None:
    """What the dead left behind has been written down; not while others still ask for it."""
    holders = {one.holder for one in cut_off}
    if holders:
        under_way = select(col(Message.claimed_by)).where(col(Message.state) == State.SENDING.value)
        with reading(shop.engine) as connection:
            holders -= set(connection.scalars(under_way))
    journal.forget(shop.folder / journal.FOLDER, holders)


def recalled(shop: OpenShop, cut_off: Iterable[CutOff]) -> Recalled:
    """Each by the sender it was given to: the owner may have named another since."""
    by_sender: dict[str, dict[str, str]] = defaultdict(dict)
    for one in cut_off:
        by_sender[one.through][one.message_id] = one.holder
    known = [_asked(shop, through)(cut) for through, cut in by_sender.items()]
    has, may_have = ([getattr(one, what) for one in known] for what in ("has", "may_have"))
    return Recalled(frozenset().union(*has), frozenset().union(*may_have))


def _asked(shop: OpenShop, through: str) -> Callable[[Mapping[str, str]], Recalled]:
    for sender in (shop.sender, shop.rehearsal):
        if through == sender.name:
            return sender.recall
    return partial(journal.recall, shop.folder / journal.FOLDER)


def _settled(through: str, outcome: Accepted | Refused | NoSuchAddress) -> Settled:
    match outcome:
        case Accepted():
            return Settled(outcome.message_id, went(through))
        case NoSuchAddress():
            why = f"{Reason.NO_SUCH_ADDRESS}: {outcome.why}"
            return Settled(outcome.message_id, State.BOUNCED, why)
        case Refused():
            return Settled(outcome.message_id, State.FAILED, f"{Reason.REFUSED}: {outcome.why}")


def went(through: str) -> State:
    return State.REHEARSED if through == Outbox.name else State.SENT


def _put_off(connection: Connection, later: Sequence[Later], turn: Turn) -> None:
    """By the machine's clock: a mail server knows nothing of `--at`."""
    if not later:
        return
    table = table_of(Message)
    tries = select(table.c.id, table.c.attempts).where(
        table.c.id.in_([one.message_id for one in later])
    )
    so_far = {row.id: row.attempts for row in connection.execute(tries)}
    connection.execute(
        update(table)
        .where(table.c.id == bindparam("row"))
        .values(
            state=State.DEFERRED.value, reason=bindparam("why"), attempts=table.c.attempts + 1,
            retry_at=bindparam("at"), claimed_by=None, settled_at=None, tick_id=turn.tick,
        ),
        [
            {
                "row": one.message_id,
                "why": f"{Reason.LATER}: {one.why}",
                "at": datetime.now(UTC) + PATIENCE[min(so_far[one.message_id], len(PATIENCE) - 1)],
            }
            for one in later
        ],
    )  # fmt: skip
