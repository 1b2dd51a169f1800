"""Mails that may have gone: which they are, and the owner's word on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select
from sqlmodel import col

from engine.message_states import State
from engine.messages.leases import release
from engine.messages.settle import Settled, settle
from engine.open.open_shop import OpenShop
from engine.tick_context import after_the_last
from shop.db.engine import writing
from shop.tables import Message

IN_DOUBT = col(Message.state) == State.IN_DOUBT.value
LEAST = 6  # letters of an id that tell one mail from the others


class Word(StrEnum):
    """What the owner knows, or wants."""

    WENT = "went"
    LOST = "lost"
    AGAIN = "again"


@dataclass(frozen=True)
class Doubtful:
    """A mail of which nobody knows whether it went."""

    id: str
    rule: str
    template: str
    customer_id: int
    through: str
    since: datetime


def doubtful(connection: Connection) -> list[Doubtful]:
    """The oldest first."""
    found = (
        select(
            col(Message.id), col(Message.rule), col(Message.template), col(Message.customer_id),
            col(Message.through), col(Message.settled_at),
        )
        .where(IN_DOUBT)
        .order_by(col(Message.settled_at), col(Message.id))
    )  # fmt: skip
    return [
        Doubtful(row.id, row.rule, row.template, row.customer_id, row.through, row.settled_at)
        for row in connection.execute(found)
    ]


def settle_doubt(
    shop: OpenShop, ids: Sequence[str], word: Word, *, now: datetime
) -> tuple[list[str], list[str]]:
    """Those that were in doubt and are no longer, and a sentence for each that was not."""
    done, refused = [], []
    with writing(shop.engine) as connection:
        for wanted in dict.fromkeys(ids):
            found = _beginning(connection, wanted)
            if len(found) == 1:
                done.append(found[0])
            elif found:
                refused.append(f"Several mails in doubt begin with {wanted}. Write more of it.")
            else:
                refused.append(f"{wanted} is no mail in doubt. They are in: regulars doubt list")
        _write(connection, shop, done, word, now)
    return done, refused


def _beginning(connection: Connection, wanted: str) -> Sequence[str]:
    if len(wanted) < LEAST or not wanted.isalnum():
        return []
    like = select(col(Message.id)).where(IN_DOUBT, col(Message.id).startswith(wanted))
    return connection.scalars(like.limit(2).with_for_update()).all()


def _write(
    connection: Connection, shop: OpenShop, ids: Sequence[str], word: Word, now: datetime
) -> None:
    if word is Word.AGAIN:
        release(connection, ids)
        return
    state = State.SENT if word is Word.WENT else State.FAILED
    why = f"you said that it {'went' if word is Word.WENT else 'was lost'}"
    turn = after_the_last(connection, now)
    settle(connection, shop.file, [Settled(one, state, why) for one in ids], turn)
