"""The owner's word on the mails that wait for it: which they are, let them go, or decline them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, update
from sqlmodel import col

from engine.message_states import State
from engine.messages.approval_limit import HELD
from engine.messages.correction import corrects
from engine.messages.leases import BATCH, release
from engine.messages.settle import Settled, settle
from engine.open.open_shop import OpenShop
from engine.tick_context import after_the_last
from shop.db.engine import writing
from shop.tables import Customer, Message

SHORT = 8  # so much of an id tells the mails of a shop apart
LEAST = 6
PART_OF_AN_ID = re.compile(rf"[0-9a-f]{{{LEAST},32}}")


@dataclass(frozen=True)
class Waiting:
    """A mail that goes nowhere before the owner has said so, or after `until`."""

    id: str
    rule: str
    customer: str
    template: str
    why: str
    since: datetime
    until: datetime


@dataclass
class Answer:
    """The mails that the owner's word reached, and a sentence for what it could not mean."""

    done: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def waiting(connection: Connection) -> list[Waiting]:
    """The oldest first."""
    found = (
        select(
            col(Message.id), col(Message.rule), col(Message.template), col(Message.approve_first),
            col(Message.created_at), col(Message.deadline), col(Message.approve_until),
            col(Customer.first_name), col(Customer.last_name), col(Customer.email),
        )
        .join(Customer, col(Customer.id) == col(Message.customer_id))
        .where(HELD)
        .order_by(col(Message.created_at), col(Message.rule), col(Message.id))
    )  # fmt: skip
    return [_waiting(row) for row in connection.execute(found)]


def _waiting(row: Any) -> Waiting:
    name = " ".join(part for part in (row.first_name, row.last_name) if part)
    customer = name or row.email or ""
    return Waiting(row.id, row.rule, customer, row.template, _why(row), row.created_at, until(row))


def until(one: Any) -> datetime:
    """The last moment at which the owner's word still helps a mail that waits for it."""
    deadline: datetime = one.deadline
    return min(deadline, one.approve_until or deadline)


def _why(row: Any) -> str:
    if corrects(row.rule):
        return "oops"
    if row.approve_until is not None:
        return "approve within"
    return "approve first" if row.approve_first else "ask me above"


def approve(shop: OpenShop, words: Sequence[str] | None, *, now: datetime) -> Answer:
    """Back into the queue: nothing but the gate keeps them from going at the next run."""
    with writing(shop.engine) as connection:
        meant, answer = _meant(connection, shop, words)
        for one in meant:
            if until(one) < now:
                answer.refused.append(_too_late(one, shop))
            else:
                answer.done.append(one.id)
        for ids in _batches(answer.done):
            release(connection, ids)
            _were_asked_about(connection, ids)
    return answer


def decline(shop: OpenShop, words: Sequence[str], *, because: str, now: datetime) -> Answer:
    """They end here, and with each its series."""
    why = ": ".join(part for part in (State.DECLINED.value, " ".join(because.split())) if part)
    with writing(shop.engine) as connection:
        meant, answer = _meant(connection, shop, words)
        answer.done = [one.id for one in meant]
        turn = after_the_last(connection, now)
        for ids in _batches(answer.done):
            declined = [Settled(one, State.DECLINED, why) for one in ids]
            settle(connection, shop.file, declined, turn)
            _were_asked_about(connection, ids)
    return answer


def _were_asked_about(connection: Connection, ids: Sequence[str]) -> None:
    """They use up nothing of what may go unasked."""
    these = col(Message.id).in_(ids)
    connection.execute(update(Message).where(these).values(approve_first=True))


def _meant(
    connection: Connection, shop: OpenShop, words: Sequence[str] | None
) -> tuple[list[Any], Answer]:
    """Each held mail that the words name, once; without words, all of them."""
    if words is None:
        return list(connection.execute(_held())), Answer()
    meant: dict[str, Any] = {}
    answer = Answer()
    for word in dict.fromkeys(words):
        found = connection.execute(_held().where(col(Message.rule) == word)).all()
        if not found and word in shop.file.rules:
            answer.refused.append(f"No mail of {word} waits for your word.")
        elif not found:
            found, refused = _by_id(connection, word)
            answer.refused += refused
        meant |= {one.id: one for one in found}
    return list(meant.values()), answer


def _by_id(connection: Connection, word: str) -> tuple[Sequence[Any], list[str]]:
    """The one mail whose id begins so, or why there is none to decide about."""
    begins = col(Message.id).startswith(word) if PART_OF_AN_ID.fullmatch(word) else None
    found = [] if begins is None else connection.execute(_any().where(begins).limit(2)).all()
    if not found:
        return [], [
            f"{word} is neither a rule nor a mail that waits. They are in: regulars waiting"
        ]
    if len(found) > 1:
        return [], [f"Several mails begin with {word}. Write more of it."]
    if found[0].state != State.AWAITING_APPROVAL:
        return [], [f"{word} does not wait for your word: it is {found[0].state}."]
    return found, []


def _any() -> Select[Any]:
    """Locked: a delivery that lets them go at the same moment takes its turn."""
    columns = (
        col(Message.id), col(Message.rule), col(Message.state), col(Message.deadline),
        col(Message.approve_until),
    )  # fmt: skip
    return select(*columns).with_for_update()


def _held() -> Select[Any]:
    return _any().where(HELD).order_by(col(Message.created_at), col(Message.id))


def _too_late(one: Any, shop: OpenShop) -> str:
    could = "be approved" if until(one) == one.approve_until else "go"
    last = until(one).astimezone(shop.file.shop.zone)
    return (
        f"{one.id[:SHORT]} of {one.rule} could {could} until {last.day} {last:%B %Y, %H:%M}: "
        "it is too late for it, and the next run drops it."
    )


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
