"""The owner's hand on the switch: hold mail, let it go on, and end what a rule has begun."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlmodel import col

from engine.message_states import State
from engine.messages.approval_limit import HELD
from engine.messages.leases import BATCH, NOT_YET
from engine.messages.settle import Settled, settle
from engine.open.open_shop import OpenShop
from engine.tick_context import Turn, after_the_last
from mail.gate.reasons import Reason
from settings.errors import WrongUse
from shop.db import stops
from shop.db.engine import writing
from shop.tables import Enrolment, Message
from triggers.verdicts import Verdict


def hold(shop: OpenShop, rule: str | None, because: str | None, *, now: datetime) -> bool:
    """All mail, or one rule's; False where it is held already."""
    _known(shop, rule)
    with writing(shop.engine) as connection:
        return stops.stop(connection, rule, because, now=now)


def go_on(shop: OpenShop, rule: str | None) -> bool:
    """False where nothing was held; a rule that is no longer in the file can be let go too."""
    with writing(shop.engine) as connection:
        return stops.start(connection, rule)


def cancel(shop: OpenShop, rule: str, *, now: datetime) -> tuple[int, int]:
    """End what this rule has begun: how many mails, and how many people's series."""
    with writing(shop.engine) as connection:
        turn = after_the_last(connection, now)
        mails = 0
        while ended := _cancel_some(connection, shop, rule, turn):
            mails += ended
        return mails, _end_series(connection, rule)


def _cancel_some(connection: Connection, shop: OpenShop, rule: str, turn: Turn) -> int:
    open_ones = select(col(Message.id)).where(col(Message.rule) == rule, NOT_YET | HELD)
    ids = connection.scalars(open_ones.limit(BATCH).with_for_update()).all()
    why = str(Reason.CANCELLED)
    settle(connection, shop.file, [Settled(one, State.SKIPPED, why) for one in ids], turn)
    return len(ids)


def _end_series(connection: Connection, rule: str) -> int:
    running = (
        col(Enrolment.rule) == rule,
        col(Enrolment.ended).is_(None),
        col(Enrolment.verdict) == Verdict.GO.value,
    )
    ended = {"next_at": None, "ended": str(Reason.CANCELLED)}
    done = connection.execution_options(preserve_rowcount=True).execute(
        update(Enrolment).where(*running).values(**ended)
    )
    return done.rowcount


def _known(shop: OpenShop, rule: str | None) -> None:
    if rule is not None and rule not in shop.file.rules:
        raise WrongUse(f"There is no rule {rule}. There are: {', '.join(shop.file.rules)}.")
