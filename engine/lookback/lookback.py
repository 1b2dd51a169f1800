"""Computes the look back: real ticks over past days, on a scratch copy of the shop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Select, delete, distinct, func, select, update
from sqlmodel import col

from engine.lookback.first_mails import FirstMails
from engine.lookback.later_rows import FEED_TABLES, DatedTable, LaterRows
from engine.lookback.without_approvals import without_approvals
from engine.message_states import State
from engine.messages.leases import IS_PENDING
from engine.open.open_shop import OpenShop
from engine.open.scratch_shop import open_scratch_shop
from engine.run import run_tick
from engine.sync.removed_sources import apply_removed_sources
from loyalty.fold import OWN_SOURCE
from mail.message.mime import Mail
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Customer, Enrolment, Message, SyncState, Tick
from triggers.registry import event_of, trigger_of

MORNING, EVENING = time(10), time(18)  # of the shop's clock
MIN_GAP = timedelta(minutes=30)
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class RuleLookBack:
    """What one rule would have sent: mails, people, and the first of the mails."""

    mails: int
    people: int
    first: Mail | None


@dataclass(frozen=True)
class LookBack:
    """What the rules would have sent from `since` until `until`."""

    since: datetime
    until: datetime
    mails: int
    people: int
    rules: dict[str, RuleLookBack]

    @property
    def first(self) -> tuple[str, Mail] | None:
        """The earliest mail, with its rule."""
        firsts = [(rule, counts.first) for rule, counts in self.rules.items() if counts.first]
        return min(firsts, key=lambda pair: pair[1].date, default=None)


def look_back(shop: OpenShop, *, now: datetime, days: int) -> LookBack:
    """Returns what the rules of `shop` would have sent, had they begun `days` before `now`.

    Real ticks run on a copy of the database that is deleted afterwards; the shop stays unchanged.

    1. The copy forgets all ticks and mails, and what became known after the first day.
    2. A tick runs each morning, in the evening where hours count, and when a mail comes due that
       waited for its hour. Before each one, the rows that have become known by then return.

    Of what was known then there is what is known today: consent, tags and addresses are today's,
    and orders that were cancelled since are missing. Each mail counts as approved at once.
    """
    since = _first_tick(shop, now, days)
    with open_scratch_shop(shop, foreign_keys=False) as scratch:
        config = without_approvals(scratch.config)
        sender = FirstMails(scratch.engine, config.rules)
        past = replace(scratch, config=config, sender=sender, rehearsal=sender)
        with write_transaction(past.engine) as connection:
            apply_removed_sources(connection, config.sources, now)
            _start_programme(connection, since)
            later = LaterRows(connection, since)
        for at in _moments(past, later, since, now):
            with write_transaction(past.engine) as connection:
                later.reveal(connection, at)
            run_tick(past, now=at)
        with read_transaction(past.engine) as connection:
            return _count(connection, past, sender, since, now)


def has_begun(engine: Engine) -> bool:
    """Whether a tick has ever run in the shop."""
    with read_transaction(engine) as connection:
        return connection.scalar(select(col(Tick.id)).limit(1)) is not None


def count_customers(connection: Connection) -> int:
    """Returns how many customers there are, which decides how long a look back takes."""
    return connection.scalar(select(func.count()).select_from(Customer)) or 0


def _first_tick(shop: OpenShop, now: datetime, days: int) -> datetime:
    zone = shop.config.shop.zone
    return datetime.combine(now.astimezone(zone).date() - days * A_DAY, MORNING, zone)


def _start_programme(connection: Connection, since: datetime) -> None:
    """An in-house programme has run since `since`, or longer. Sources have no age in the past."""
    own = col(SyncState.source) == OWN_SOURCE
    connection.execute(delete(SyncState).where(~own))
    later = update(SyncState).where(own, col(SyncState.since) > since)
    connection.execute(later.values(since=since))


def _moments(
    shop: OpenShop, later: LaterRows, since: datetime, until: datetime
) -> Iterator[datetime]:
    """Yields the moments of the ticks. The next one is asked for after the tick."""
    zone, at = shop.config.shop.zone, since
    short_clocks = _short_clocks(shop)
    while at < until:
        yield at
        with read_transaction(shop.engine) as connection:
            deferred = _next_deferred(connection)
            next_step = connection.scalar(_next_step_query())
            next_due = [later.next_due(connection, *clock, at) for clock in short_clocks]
        moments = [_local_time_after(at, MORNING, zone)]
        if deferred:
            moments.append(max(deferred, at + MIN_GAP))
        evening = _local_time_after(at, EVENING, zone)
        is_needed = any(moment and moment <= evening for moment in (next_step, *next_due))
        if is_needed or (short_clocks and at == since):  # carts may wait since before the first day
            moments.append(evening)
        at = min(moments)
    yield until


def _local_time_after(moment: datetime, clock: time, zone: ZoneInfo) -> datetime:
    day = moment.astimezone(zone).date()
    at = datetime.combine(day, clock, zone)
    return at if at > moment else datetime.combine(day + A_DAY, clock, zone)


def _next_deferred(connection: Connection) -> datetime | None:
    """When the next mail comes due that waits for the end of quiet hours, or for its usual time."""
    return connection.scalar(_next_deferred_query())


@cache
def _next_deferred_query() -> Select[tuple[datetime]]:
    return select(func.min(col(Message.due_at))).where(IS_PENDING)


@cache
def _next_step_query() -> Select[tuple[datetime]]:
    return select(func.min(col(Enrolment.next_at)))


def _short_clocks(shop: OpenShop) -> list[tuple[DatedTable, timedelta]]:
    """The tables and lengths of rules that wait for hours: a daily tick would come too late."""
    lengths = [
        (event_of(rule).fed_by, trigger_of(rule).length(rule))
        for rule in shop.config.rules.values()
    ]
    return [
        (FEED_TABLES[feed], length)
        for feed, length in lengths
        if feed in FEED_TABLES and timedelta(0) < length < A_DAY
    ]


def _count(
    connection: Connection, shop: OpenShop, sender: FirstMails, since: datetime, until: datetime
) -> LookBack:
    mail, customer = (
        func.coalesce(col(Message.digest_id), col(Message.id)),
        col(Message.customer_id),
    )
    counts = (func.count(distinct(mail)), func.count(distinct(customer)))
    written = col(Message.state) == State.REHEARSED.value
    by_rule = select(col(Message.rule), *counts).where(written).group_by(col(Message.rule))
    rows = {rule: (mails, people) for rule, mails, people in connection.execute(by_rule)}
    mails, people = connection.execute(select(*counts).where(written)).one()
    rules = {
        name: RuleLookBack(*rows.get(name, (0, 0)), sender.mails.get(name))
        for name in shop.config.rules
    }
    return LookBack(since, until, mails, people, rules)
