"""After a wrong mail: its rule is held, and whoever got it is written one correction.

The pause is a transaction of its own, for nothing must keep it waiting; then what a delivery had
taken before is waited for; all drafts are another.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from unicodedata import category

from sqlalchemy import Connection, Engine, bindparam, exists, func, select, text, update
from sqlmodel import col

from engine.delivery.load_messages import Wanted, gather
from engine.delivery.mail_text import spoken_words
from engine.delivery.sample_customer import NO_LINK
from engine.message_states import State
from engine.messages.approval_limit import HELD
from engine.messages.correction import LETTER, corrections_of, corrects, step_of
from engine.messages.find_corrections import its_mistake, may_have_come, that_count
from engine.messages.leases import BATCH, NOT_YET
from engine.open.open_shop import OpenShop
from engine.tick.advance import message_id
from engine.tick_context import after_the_last
from mail.render.facts import MistakeFacts
from mail.render.renderer import CannotWrite
from settings.errors import WrongUse
from shop.db import stops
from shop.db.engine import reading, writing
from shop.db.upsert import add_new, table_of
from shop.tables import Customer, Message

STILL_WORTH_IT = timedelta(weeks=1)  # after that it would only remind people
LONGEST = 300  # letters of the owner's own sentence
CANNOT_BE_SHOWN = ("Cc", "Cs")  # what steers a terminal, and half a letter
BECAUSE = "oops"
Row = Any


@dataclass(frozen=True)
class Wronged:
    """Somebody who got a mail of the rule, or may have: the latest of them, and how many."""

    message: str
    customer: int
    name: str | None
    address: str | None
    template: str
    at: datetime
    state: str
    mails: int
    correction: str | None  # where it stands


@dataclass(frozen=True)
class Oops:
    """What was done about a wrong mail."""

    rule: str
    corrections: str  # the name they go by, which `approve` knows
    newly_paused: bool
    since: datetime
    held: int  # mails of the rule that had not gone
    drafted: int
    reworded: int  # drafted before, and with the owner's new sentence now
    people: Sequence[Wronged]
    mend: Sequence[str]  # why the template cannot be used


def oops(shop: OpenShop, rule: str, *, since: datetime, saying: str, now: datetime) -> Oops:
    """Twice said, it is done once: only a correction that did not go is drafted anew."""
    words = _fit(saying)
    with writing(shop.engine) as connection:
        _known(connection, shop, rule)
        paused = stops.stop(connection, rule, BECAUSE, now=now)
    _wait_for_deliveries(shop.engine)
    with reading(shop.engine) as connection:
        new = [one for one in _wronged(connection, rule, since) if one.correction is None]
        drafts = _drafts(connection, shop, rule, new, words, now)
    with writing(shop.engine) as connection:
        reworded = _reword(connection, rule, words) if words else 0
        tick = after_the_last(connection, now).tick
        add_new(connection, Message, [draft | {"tick_id": tick} for draft in drafts])
        return Oops(
            rule=rule,
            corrections=corrections_of(rule),
            newly_paused=paused,
            since=since,
            held=_held(connection, rule),
            drafted=len(drafts),
            reworded=reworded,
            people=_wronged(connection, rule, since),
            mend=[one.message for one in shop.letters.mistakes(LETTER, has={"mistake"}, with_=())],
        )


def _fit(saying: str) -> str | None:
    """On one line, and nothing that a mail could not show."""
    shown = (" " if category(one) in CANNOT_BE_SHOWN else one for one in saying)
    said = " ".join("".join(shown).split())
    if len(said) > LONGEST:
        raise WrongUse(
            f"--saying is {len(said)} letters long: one sentence of at most {LONGEST} does. More "
            f"belongs into a {LETTER}.html of your own, in the folder templates."
        )
    return said or None


def _known(connection: Connection, shop: OpenShop, rule: str) -> None:
    """Of the file, or once of the file."""
    if rule in shop.file.rules:
        return
    had = select(exists().where(col(Message.rule) == rule))
    if corrects(rule) or not connection.scalar(had):
        there = ", ".join(shop.file.rules) or "none"
        raise WrongUse(f"There is no rule {rule}, and no mail of one. There are: {there}.")


def _wait_for_deliveries(engine: Engine) -> None:
    """What one of them took before it could see the pause is marked as under way after this.

    On SQLite the pause itself had to wait. Locking the rows would not do: a delivery that has
    looked, and locked nothing yet, would not be waited for.
    """
    if engine.dialect.name == "postgresql":
        with writing(engine) as connection:
            connection.execute(text(f"LOCK TABLE {Message.__tablename__} IN EXCLUSIVE MODE"))


def _wronged(connection: Connection, rule: str, since: datetime) -> list[Wronged]:
    """Each of them once, the latest first."""
    mails: dict[int, list[Row]] = {}
    for row in connection.execute(_mails(rule, since)):
        mails.setdefault(row.customer_id, []).append(row)
    corrected = _corrected(connection, rule)
    return [_one(theirs, corrected) for theirs in mails.values()]


def _mails(rule: str, since: datetime) -> Any:
    return (
        select(
            col(Message.id), col(Message.customer_id), col(Message.template), col(Message.state),
            col(Message.settled_at), col(Message.to_address),
            col(Customer.first_name), col(Customer.last_name),
        )
        .join(Customer, col(Customer.id) == col(Message.customer_id))
        .where(col(Message.rule) == rule, may_have_come(), col(Message.settled_at) >= since)
        .order_by(col(Message.settled_at).desc(), col(Message.id))
    )  # fmt: skip


def _one(mails: Sequence[Row], corrected: Mapping[int, tuple[datetime, str]]) -> Wronged:
    latest = mails[0]
    name = " ".join(part for part in (latest.first_name, latest.last_name) if part)
    until, state = corrected.get(latest.customer_id, (None, None))
    return Wronged(
        message=latest.id,
        customer=latest.customer_id,
        name=name or None,
        address=latest.to_address,
        template=latest.template,
        at=latest.settled_at,
        state=latest.state,
        mails=len(mails),
        correction=state if until and until >= latest.settled_at else None,
    )


def _corrected(connection: Connection, rule: str) -> dict[int, tuple[datetime, str]]:
    """Up to which mail each customer has a correction, and how it stands with that one."""
    found = that_count(connection, col(Message.rule) == corrections_of(rule))
    found.sort(key=lambda one: (one.until, one.id))
    return {one.customer: (one.until, one.state) for one in found}


def _drafts(
    connection: Connection,
    shop: OpenShop,
    rule: str,
    people: Sequence[Wronged],
    saying: str | None,
    now: datetime,
) -> list[dict[str, Any]]:
    sent_at = {one.message: one.at for one in people}
    before = _drafted_before(connection, rule)
    drafts = []
    for ids in _batches(list(sent_at)):
        table = table_of(Message)
        found = connection.execute(select(table).where(table.c.id.in_(ids))).all()
        wanted = gather(connection, shop.file, ids, now=now, rehearsing=False)
        told = {one.id: _told(shop, one, sent_at[one.id], saying) for one in wanted}
        drafts += [_draft(rule, row, before[row.id], told[row.id], now) for row in found]
    return drafts


def _drafted_before(connection: Connection, rule: str) -> Counter[str]:
    """How many corrections of each mail there were: those that did not go keep their history."""
    named = col(Message.rule) == corrections_of(rule)
    return Counter(connection.scalars(select(its_mistake()).where(named)))


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def _told(shop: OpenShop, one: Wanted, at: datetime, saying: str | None) -> MistakeFacts:
    """On the customer's own calendar."""
    local = at.astimezone(one.case.zone)
    day = f"{local.day} {local:%B}"
    return MistakeFacts(f"{local:%A}, {day}", day, _subject(shop, one, at), saying)


def _subject(shop: OpenShop, one: Wanted, at: datetime) -> str | None:
    """As it is written anew; None where the template is gone, or lacks something by now."""
    try:
        words = spoken_words(json.loads(one.words), at, shop.file.shop.zone)
        facts = replace(one.facts, with_=words, unsubscribe_url=NO_LINK)
        return shop.letters.write(one.template, facts).subject
    except (CannotWrite, ValueError):
        return None


def _draft(
    rule: str, mistake: Row, before: int, told: MistakeFacts, now: datetime
) -> dict[str, Any]:
    """It waits for the owner's word, whatever the rule's own mails do."""
    name, step = corrections_of(rule), step_of(mistake.id, before)
    return {
        "id": message_id(name, mistake.customer_id, mistake.occasion, step),
        "rule": name,
        "customer_id": mistake.customer_id,
        "occasion": mistake.occasion,
        "step": step,
        "enrolment_id": mistake.enrolment_id,
        "template": LETTER,
        "extra": _kept(told),
        "purpose": mistake.purpose,
        "approve_first": True,
        "approve_until": None,
        "state": State.AWAITING_APPROVAL.value,
        "created_at": now,
        "due_at": now,
        "deadline": now + STILL_WORTH_IT,
    }


def _kept(told: MistakeFacts) -> str:
    return json.dumps(asdict(told), ensure_ascii=False)


def _reword(connection: Connection, rule: str, saying: str) -> int:
    """Drafts that still wait say what the owner says now."""
    table = table_of(Message)
    waiting = select(table.c.id, table.c.extra).where(table.c.rule == corrections_of(rule), HELD)
    rows = [
        {"row": one, "told": _kept(replace(MistakeFacts(**json.loads(extra)), saying=saying))}
        for one, extra in connection.execute(waiting.with_for_update())
    ]
    if rows:
        reworded = update(table).where(table.c.id == bindparam("row"))
        connection.execute(reworded.values(extra=bindparam("told")), rows)
    return len(rows)


def _held(connection: Connection, rule: str) -> int:
    waiting = select(func.count()).where(col(Message.rule) == rule, NOT_YET | HELD)
    return connection.scalar(waiting) or 0
