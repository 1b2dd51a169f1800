"""A no that was said to us is told to the platforms that know the same customer.

What is to be told is found anew at every sync, from what was said and from what was told before:
so nobody who writes a no down has to think of it, and a no that was merged, parted or killed on
the way is found like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Subquery,
    and_,
    func,
    literal,
    null,
    select,
    union_all,
    update,
)
from sqlmodel import col

from connectors.config import Source
from connectors.optout import TOLD, CanBeTold, Heard, No, NotAllowed, Tell, only_by_hand
from connectors.stream import Connector
from settings.errors import OutOfReach
from shop.consent.basis import EMAIL, Says
from shop.db.engine import reading, writing
from shop.db.upsert import insert_into
from shop.tables import Basis, BasisStatement, Identity, WriteBack

# What is said to us is written down under the customer's own number, not under a source's.
TO_US = "customer %"
MOST = 5  # refusals, after which it is the owner's to do
HOUR = timedelta(hours=1)
YES_SINCE = "they said yes since"
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Noes:
    """What became of the noes that one platform had yet to be told."""

    told: int = 0
    waiting: int = 0
    warning: str | None = None


@dataclass(frozen=True)
class Untold:
    """A no that its platform does not know, and that only the owner can tell it."""

    source: str
    key: str  # the customer's there
    said_at: datetime
    why: str | None  # the platform's refusal; None where it cannot be asked


@dataclass(frozen=True)
class Due:
    """A row of `write_backs` whose turn it is."""

    row: int
    no: No


async def write_back(
    engine: Engine,
    name: str,
    connector: Connector,
    sources: Collection[str],
    *,
    clock: Clock,
) -> Noes:
    """Tell the source `name` what it does not know yet; `sources` are all of the owner's file."""
    if not isinstance(connector, CanBeTold):
        return Noes()
    due = await asyncio.to_thread(_look, engine, name, sources, clock())
    noes = await _tell_all(engine, connector, due, clock) if due else Noes()
    return replace(noes, waiting=await asyncio.to_thread(_waiting, engine, name))


async def _tell_all(engine: Engine, connector: CanBeTold, due: Sequence[Due], clock: Clock) -> Noes:
    """One after the other, each written down before the next; trouble ends it until next time."""
    told = 0
    try:
        async with connector.telling() as tell:
            for one in due:
                heard = await _tell(engine, tell, one, clock)
                told += heard.outcome == TOLD
    except OutOfReach as trouble:
        return Noes(told, warning=str(trouble))
    return Noes(told)


async def _tell(engine: Engine, tell: Tell, due: Due, clock: Clock) -> Heard:
    # Killed between these two, the next sync tells it again: it is known there already then.
    try:
        heard = await tell(due.no)
    except NotAllowed:
        raise
    except OutOfReach as trouble:
        # It may be this one that they stumble over: the others come first the next time.
        await asyncio.to_thread(_put_off, engine, due.row, str(trouble), clock() + HOUR)
        raise
    await asyncio.to_thread(_note, engine, due.row, heard, clock())
    return heard


def _look(engine: Engine, name: str, sources: Collection[str], clock: datetime) -> list[Due]:
    """Find what is new, drop what has been taken back, and say whose turn it is."""
    with writing(engine) as connection:
        _find(connection, name, sources)
        _drop(connection, name, clock)
        waits = col(WriteBack.retry_at)
        rows = connection.execute(
            select(col(WriteBack.id), col(WriteBack.key), col(WriteBack.said_at))
            .where(_open(name), waits.is_(None) | (waits <= clock))
            .order_by(waits.is_not(None), waits, col(WriteBack.id))
        )
        return [Due(row, No(key, said_at)) for row, key, said_at in rows]


def _open(name: str) -> ColumnElement[bool]:
    return and_(
        col(WriteBack.source) == name,
        col(WriteBack.done_at).is_(None),
        col(WriteBack.attempts) < MOST,
    )


def _find(connection: Connection, name: str, sources: Collection[str]) -> None:
    """A row for each customer of the source whose no it does not know and was not told of."""
    said = _said_to_us(sources)
    told = select(col(WriteBack.id)).where(
        col(WriteBack.source) == col(Identity.source),
        col(WriteBack.key) == col(Identity.external_id),
        col(WriteBack.said_at) >= said.c.said_at,
    )
    new = (
        select(
            col(Identity.source),
            col(Identity.external_id),
            col(Identity.customer_id),
            said.c.said_at,
            literal(0),
        )
        .join(said, said.c.customer_id == col(Identity.customer_id))
        .where(_mailed_by([name]), ~told.exists())
    )
    columns = ["source", "key", "customer_id", "said_at", "attempts"]
    adding = insert_into(WriteBack).from_select(columns, new)
    connection.execute(adding.on_conflict_do_nothing())


def _said_to_us(sources: Collection[str]) -> Subquery:
    """The newest no that each customer gave us themselves, where a no is what holds."""
    said = BasisStatement
    return (
        select(col(said.customer_id), func.max(col(said.said_at)).label("said_at"))
        .join(Basis, col(Basis.customer_id) == col(said.customer_id))
        .where(
            col(Basis.channel) == EMAIL,
            col(Basis.state) == Says.NO.value,
            col(said.channel) == EMAIL,
            col(said.says) == Says.NO.value,
            col(said.external_id).like(TO_US),
            col(said.source).not_in(list(sources)),
        )
        .group_by(col(said.customer_id))
        .subquery("said")
    )


def _mailed_by(names: Collection[str]) -> ColumnElement[bool]:
    """Somebody whose address the source has, and of whom it does not itself say no."""
    said = BasisStatement
    last = (
        select(col(said.says))
        .where(
            col(said.source) == col(Identity.source),
            col(said.external_id) == col(Identity.external_id),
            col(said.channel) == EMAIL,
        )
        .order_by(col(said.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    return and_(
        col(Identity.source).in_(names),
        col(Identity.email_key).is_not(None),
        func.coalesce(last, Says.NONE.value) != Says.NO.value,
    )


def _drop(connection: Connection, name: str, clock: datetime) -> None:
    """What was taken back before anybody was told of it is nothing to tell."""
    stands = (
        select(col(Basis.customer_id))
        .join(Identity, col(Identity.customer_id) == col(Basis.customer_id))
        .where(
            col(Identity.source) == col(WriteBack.source),
            col(Identity.external_id) == col(WriteBack.key),
            col(Basis.channel) == EMAIL,
            col(Basis.state) == Says.NO.value,
        )
    )
    connection.execute(
        update(WriteBack)
        .where(col(WriteBack.source) == name, col(WriteBack.done_at).is_(None), ~stands.exists())
        .values(done_at=clock, outcome=YES_SINCE)
    )


def _note(engine: Engine, row: int, heard: Heard, clock: datetime) -> None:
    """What the platform said; after a refusal a pause that doubles, in hours."""
    changed: dict[str, Any] = {"outcome": heard.outcome}
    with writing(engine) as connection:
        this = col(WriteBack.id) == row
        tried = 1 + (connection.scalar(select(col(WriteBack.attempts)).where(this)) or 0)
        if heard.settled:
            changed |= {"done_at": clock, "retry_at": None}
        else:
            changed |= {"retry_at": clock + HOUR * 2 ** (tried - 1)}
        connection.execute(update(WriteBack).where(this).values(attempts=tried, **changed))


def _put_off(engine: Engine, row: int, why: str, until: datetime) -> None:
    with writing(engine) as connection:
        this = update(WriteBack).where(col(WriteBack.id) == row)
        connection.execute(this.values(retry_at=until, outcome=why))


def _waiting(engine: Engine, name: str) -> int:
    with reading(engine) as connection:
        many = select(func.count()).select_from(WriteBack).where(_open(name))
        return connection.scalar(many) or 0


def untold(connection: Connection, sources: Mapping[str, Source]) -> list[Untold]:
    """The noes that stand here and that only the owner can take to where they are not known."""
    said = _said_to_us(sources)
    by_hand = [name for name, source in sources.items() if only_by_hand(source)]
    theirs = and_(said.c.customer_id == col(Identity.customer_id), _mailed_by(list(sources)))
    refused = and_(
        col(WriteBack.source) == col(Identity.source),
        col(WriteBack.key) == col(Identity.external_id),
        col(WriteBack.said_at) == said.c.said_at,
        col(WriteBack.done_at).is_(None),
        col(WriteBack.attempts) >= MOST,
    )
    who = (col(Identity.source), col(Identity.external_id), said.c.said_at)
    rows = union_all(
        select(*who, null().label("why"))
        .select_from(Identity)
        .join(said, theirs)
        .where(col(Identity.source).in_(by_hand)),
        select(*who, col(WriteBack.outcome))
        .select_from(Identity)
        .join(said, theirs)
        .join(WriteBack, refused),
    )
    return sorted((Untold(*row) for row in connection.execute(rows)), key=_order)


def _order(one: Untold) -> tuple[str, datetime, str]:
    return one.source, one.said_at, one.key
