"""Sends opt-outs given to the shop itself to the platforms that know the same customer.

What is due is computed at every sync from the consent statements and the rows of `write_backs`:
code that records an opt-out need not know of this, and merges, splits and kills lose none.
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

from connectors.optout import (
    SENT,
    AcceptsOptOut,
    MissingPermissionError,
    OptOut,
    OptOutResult,
    SendOptOut,
)
from connectors.registry import platform_of
from connectors.source_config import SourceConfig
from connectors.stream import Connector
from settings.errors import UnavailableError
from shop.consent.basis import EMAIL, ConsentValue
from shop.db.engine import read_transaction, write_transaction
from shop.db.upsert import insert_into
from shop.tables import Basis, BasisStatement, Identity, WriteBack

# `external_id` of statements made to the shop itself: the customer's id, not a source's key.
OWN_IDENTITY = "customer "
MAX_ATTEMPTS = 5  # refusals, after which it is listed for the owner
HOUR = timedelta(hours=1)
OPTED_IN_SINCE = "they said yes since"
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class WritebackResult:
    """How many opt-outs one platform accepted, how many are pending, and a warning for
    the owner.
    """

    sent: int = 0
    pending: int = 0
    warning: str | None = None


@dataclass(frozen=True)
class ManualOptOut:
    """An opt-out that its platform does not have and that only the owner can enter there."""

    source: str
    key: str  # the customer's key at the source
    said_at: datetime
    reason: str | None  # the platform's refusal; None where it accepts no opt-outs


@dataclass(frozen=True)
class DueOptOut:
    """A row of `write_backs` that is due."""

    row_id: int
    opt_out: OptOut


async def write_back(
    engine: Engine,
    name: str,
    connector: Connector,
    sources: Collection[str],
    *,
    clock: Clock,
) -> WritebackResult:
    """Send the source `name` the opt-outs it does not have; `sources` are the names of all sources
    in the file.

    Returns what was sent. A failed request ends the run: the rest is sent by the next sync.
    """
    if not isinstance(connector, AcceptsOptOut):
        return WritebackResult()
    due = await asyncio.to_thread(_load_due, engine, name, sources, clock())
    writeback = await _send_all(engine, connector, due, clock) if due else WritebackResult()
    return replace(writeback, pending=await asyncio.to_thread(_count_pending, engine, name))


async def _send_all(
    engine: Engine, connector: AcceptsOptOut, due: Sequence[DueOptOut], clock: Clock
) -> WritebackResult:
    """One request at a time, each result saved before the next."""
    sent = 0
    try:
        async with connector.optout_sender() as send:
            for opt_out in due:
                response = await _send_one(engine, send, opt_out, clock)
                sent += response.outcome == SENT
    except UnavailableError as error:
        return WritebackResult(sent, warning=str(error))
    return WritebackResult(sent)


async def _send_one(engine: Engine, send: SendOptOut, due: DueOptOut, clock: Clock) -> OptOutResult:
    # After a kill between these two the next sync sends it again, which changes nothing there.
    try:
        response = await send(due.opt_out)
    except MissingPermissionError:
        raise
    except UnavailableError as error:
        # This one may be the cause of the error: the others come first next time.
        await asyncio.to_thread(_postpone, engine, due.row_id, str(error), clock() + HOUR)
        raise
    await asyncio.to_thread(_save_result, engine, due.row_id, response, clock())
    return response


def _load_due(
    engine: Engine, name: str, sources: Collection[str], now: datetime
) -> list[DueOptOut]:
    """Insert new rows, close revoked ones, and return those that are due; failed ones come last."""
    with write_transaction(engine) as connection:
        _insert_missing(connection, name, sources)
        _close_superseded(connection, name, now)
        retry_at = col(WriteBack.retry_at)
        rows = connection.execute(
            select(col(WriteBack.id), col(WriteBack.key), col(WriteBack.said_at))
            .where(_is_open(name), retry_at.is_(None) | (retry_at <= now))
            .order_by(retry_at.is_not(None), retry_at, col(WriteBack.id))
        )
        return [DueOptOut(row, OptOut(key, said_at)) for row, key, said_at in rows]


def _is_open(name: str) -> ColumnElement[bool]:
    return and_(
        col(WriteBack.source) == name,
        col(WriteBack.done_at).is_(None),
        col(WriteBack.attempts) < MAX_ATTEMPTS,
    )


def _insert_missing(connection: Connection, name: str, sources: Collection[str]) -> None:
    """Insert a row for each identity of the source whose opt-out is new to it.

    1. The latest opt-out of each customer that was given to the shop itself and still holds.
    2. Joined to the identities of this source that it may still mail.
    3. Without those that already have a row for this opt-out or a later one.
    """
    opt_outs = _latest_own_opt_outs(sources)
    existing = select(col(WriteBack.id)).where(
        col(WriteBack.source) == col(Identity.source),
        col(WriteBack.key) == col(Identity.external_id),
        col(WriteBack.said_at) >= opt_outs.c.said_at,
    )
    missing = (
        select(
            col(Identity.source),
            col(Identity.external_id),
            col(Identity.customer_id),
            opt_outs.c.said_at,
            literal(0),
        )
        .join(opt_outs, opt_outs.c.customer_id == col(Identity.customer_id))
        .where(_may_mail([name]), ~existing.exists())
    )
    columns = ["source", "key", "customer_id", "said_at", "attempts"]
    insert = insert_into(WriteBack).from_select(columns, missing)
    connection.execute(insert.on_conflict_do_nothing())


def _latest_own_opt_outs(sources: Collection[str]) -> Subquery:
    """The latest opt-out that each customer gave to the shop itself, where an opt-out holds."""
    statement = BasisStatement
    return (
        select(col(statement.customer_id), func.max(col(statement.said_at)).label("said_at"))
        .join(Basis, col(Basis.customer_id) == col(statement.customer_id))
        .where(
            col(Basis.channel) == EMAIL,
            col(Basis.state) == ConsentValue.NO.value,
            col(statement.channel) == EMAIL,
            col(statement.says) == ConsentValue.NO.value,
            # LIKE would ignore capitals on SQLite alone.
            func.substr(col(statement.external_id), 1, len(OWN_IDENTITY)) == OWN_IDENTITY,
            col(statement.source).not_in(list(sources)),
        )
        .group_by(col(statement.customer_id))
        .subquery("said")
    )


def _may_mail(names: Collection[str]) -> ColumnElement[bool]:
    """Identities with an address whose source has not itself reported an opt-out as its last
    statement.
    """
    statement = BasisStatement
    latest = (
        select(col(statement.says))
        .where(
            col(statement.source) == col(Identity.source),
            col(statement.external_id) == col(Identity.external_id),
            col(statement.channel) == EMAIL,
        )
        .order_by(col(statement.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    return and_(
        col(Identity.source).in_(names),
        col(Identity.email_key).is_not(None),
        func.coalesce(latest, ConsentValue.NONE.value) != ConsentValue.NO.value,
    )


def _close_superseded(connection: Connection, name: str, now: datetime) -> None:
    """Close rows of customers who opted in again before their opt-out was sent."""
    opted_out = (
        select(col(Basis.customer_id))
        .join(Identity, col(Identity.customer_id) == col(Basis.customer_id))
        .where(
            col(Identity.source) == col(WriteBack.source),
            col(Identity.external_id) == col(WriteBack.key),
            col(Basis.channel) == EMAIL,
            col(Basis.state) == ConsentValue.NO.value,
        )
    )
    connection.execute(
        update(WriteBack)
        .where(col(WriteBack.source) == name, col(WriteBack.done_at).is_(None), ~opted_out.exists())
        .values(done_at=now, outcome=OPTED_IN_SINCE)
    )


def _save_result(engine: Engine, row: int, response: OptOutResult, now: datetime) -> None:
    """Save the platform's response; a refusal is retried after 1, 2, 4 … hours."""
    changes: dict[str, Any] = {"outcome": response.outcome}
    with write_transaction(engine) as connection:
        same_row = col(WriteBack.id) == row
        attempts = 1 + (connection.scalar(select(col(WriteBack.attempts)).where(same_row)) or 0)
        if response.settled:
            changes |= {"done_at": now, "retry_at": None}
        else:
            changes |= {"retry_at": now + HOUR * 2 ** (attempts - 1)}
        connection.execute(update(WriteBack).where(same_row).values(attempts=attempts, **changes))


def _postpone(engine: Engine, row: int, reason: str, retry_at: datetime) -> None:
    with write_transaction(engine) as connection:
        statement = update(WriteBack).where(col(WriteBack.id) == row)
        connection.execute(statement.values(retry_at=retry_at, outcome=reason))


def _count_pending(engine: Engine, name: str) -> int:
    with read_transaction(engine) as connection:
        query = select(func.count()).select_from(WriteBack).where(_is_open(name))
        return connection.scalar(query) or 0


def manual_opt_outs(
    connection: Connection, sources: Mapping[str, SourceConfig]
) -> list[ManualOptOut]:
    """Return the opt-outs that hold here and that only the owner can enter on the platform.

    1. Of platforms that accept no opt-outs: every identity that may still be mailed there.
    2. Of the others: rows that were refused `MAX_ATTEMPTS` times, with the platform's reason.
    """
    opt_outs = _latest_own_opt_outs(sources)
    manual_sources = [
        name for name, source in sources.items() if platform_of(source).needs_manual_optout
    ]
    owns_opt_out = and_(
        opt_outs.c.customer_id == col(Identity.customer_id), _may_mail(list(sources))
    )
    refused = and_(
        col(WriteBack.source) == col(Identity.source),
        col(WriteBack.key) == col(Identity.external_id),
        col(WriteBack.said_at) == opt_outs.c.said_at,
        col(WriteBack.done_at).is_(None),
        col(WriteBack.attempts) >= MAX_ATTEMPTS,
    )
    columns = (col(Identity.source), col(Identity.external_id), opt_outs.c.said_at)
    rows = union_all(
        select(*columns, null().label("why"))
        .select_from(Identity)
        .join(opt_outs, owns_opt_out)
        .where(col(Identity.source).in_(manual_sources)),
        select(*columns, col(WriteBack.outcome))
        .select_from(Identity)
        .join(opt_outs, owns_opt_out)
        .join(WriteBack, refused),
    )
    return sorted((ManualOptOut(*row) for row in connection.execute(rows)), key=_sort_key)


def _sort_key(opt_out: ManualOptOut) -> tuple[str, datetime, str]:
    return opt_out.source, opt_out.said_at, opt_out.key
