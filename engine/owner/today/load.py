"""Loads the figures of Today. Each comes from one function, which the morning letter uses too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time

from sqlalchemy import Connection, func, select
from sqlmodel import col

from engine.delivery.data_age import SourceReading, load_readings
from engine.live.fingerprint import delivers_locally
from engine.message_states import ACCEPTED, State
from engine.open.open_shop import OpenShop
from engine.owner.sources import source_state
from engine.owner.tasks import open_tasks
from engine.owner.today.mails import (
    WRITTEN,
    SettledCount,
    count_held_by_rule,
    count_queued,
    count_settled,
    count_treats,
)
from engine.owner.today.model import (
    Promises,
    ReachFigure,
    RuleLine,
    RuleState,
    SourceLine,
    Today,
    TreatCount,
    WeekMails,
)
from engine.reach import load_reach_days
from loyalty.balances import open_points
from measures.local_day import local_date
from measures.overdue import count_overdue, load_overdue
from measures.shop_days import (
    DAY,
    WEEK,
    WeekVisits,
    load_days,
    load_first_day,
    returning_share,
    week_visits,
)
from shop.db.stops import load_stops
from shop.tables import Tick

SHOWN_DAYS = 90
SHOWN_OVERDUE = 5
COUNTED_WITHIN = 2 * WEEK  # how old a count of the reach may be that stands for a week ago


def load_today(connection: Connection, shop: OpenShop, *, now: datetime) -> Today:
    """Returns the figures of `shop` at `now`."""
    today = local_date(now, shop.config.shop.zone)
    beginning = load_first_day(connection)
    days = load_days(connection, today - (SHOWN_DAYS - 1) * DAY, today)
    week_start = start_of_week(shop, now)
    settled = count_settled(connection, week_start, now)
    held = count_held_by_rule(connection)
    return Today(
        now=now,
        day=today,
        as_of=connection.scalar(select(func.max(col(Tick.at)))),
        rehearses=delivers_locally(shop.config),
        visits=week_visits(days, today, beginning),
        returning=returning_share(days, today, beginning),
        mails=_week_mails(connection, shop, now, settled, held),
        reach=load_reach_figure(connection, today),
        days=days,
        data_begin=beginning,
        tasks=open_tasks(connection),
        promises=_promises(connection, shop, week_start, now),
        overdue=load_overdue(connection, now, SHOWN_OVERDUE, shop.config.shop.zone),
        overdue_total=count_overdue(connection, now),
        rules=_rules(connection, shop, settled, held),
        sources=_sources(connection, shop, now),
    )


def load_week_visits(connection: Connection, shop: OpenShop, now: datetime) -> WeekVisits | None:
    """Returns the visits of this week; None where there is none in the data."""
    today = local_date(now, shop.config.shop.zone)
    beginning = load_first_day(connection)
    if beginning is None:
        return None
    return week_visits(load_days(connection, today - 2 * WEEK, today), today, beginning)


def start_of_week(shop: OpenShop, now: datetime) -> datetime:
    """Returns the beginning of Monday on the shop's clock, of the week of `now`."""
    local = now.astimezone(shop.config.shop.zone)
    monday = local.date() - local.weekday() * DAY
    return datetime.combine(monday, time(), shop.config.shop.zone).astimezone(now.tzinfo)


def _week_mails(
    connection: Connection,
    shop: OpenShop,
    now: datetime,
    settled: Sequence[SettledCount],
    held: dict[str, int],
) -> WeekMails:
    """Last week is counted to the same time on the shop's clock."""
    local = now.astimezone(shop.config.shop.zone)
    week_ago = (local - WEEK).astimezone(now.tzinfo)
    before = count_settled(connection, start_of_week(shop, week_ago), week_ago)
    return WeekMails(
        sent=_sum_states(settled, ACCEPTED),
        rehearsed=_sum_states(settled, frozenset({State.REHEARSED})),
        last_week=_sum_states(before, WRITTEN),
        held=sum(held.values()),
        queued=count_queued(connection),
    )


def _sum_states(counts: Sequence[SettledCount], states: frozenset[State]) -> int:
    return sum(count.mails for count in counts if count.state in states)


def load_reach_figure(connection: Connection, today: date) -> ReachFigure | None:
    """Returns the latest count up to `today`, and that of a week before it; None without any."""
    counted = load_reach_days(connection, date.min, today)[:1]
    if not counted:
        return None
    latest = counted[0]
    latest_day = date.fromordinal(latest.day)
    before = load_reach_days(connection, latest_day - COUNTED_WITHIN, latest_day - WEEK)
    return ReachFigure(
        counted_at=latest.counted_at,
        known=latest.known,
        reachable=latest.reachable,
        no=latest.no,
        week_ago=before[0].reachable if before else None,
    )


def _promises(connection: Connection, shop: OpenShop, since: datetime, until: datetime) -> Promises:
    treats = count_treats(connection, since, until)
    return Promises(
        treats=[TreatCount(treat, rule, mails) for (treat, rule), mails in treats.most_common()],
        points=open_points(connection) if shop.config.loyalty else None,
    )


def _rules(
    connection: Connection,
    shop: OpenShop,
    settled: Sequence[SettledCount],
    held: dict[str, int],
) -> list[RuleLine]:
    written: Counter[str] = Counter()
    for count in settled:
        if count.state in WRITTEN:
            written[count.rule] += count.mails
    stops = load_stops(connection)
    return [
        RuleLine(name, _rule_state(name, set(stops)), written[name], held.get(name, 0))
        for name in shop.config.rules
    ]


def _rule_state(name: str, stops: set[str | None]) -> RuleState:
    if None in stops:
        return RuleState.STOPPED
    return RuleState.PAUSED if name in stops else RuleState.ON


def _sources(connection: Connection, shop: OpenShop, now: datetime) -> list[SourceLine]:
    readings = load_readings(connection)
    return [
        _source_line(name, source.from_, readings.get(name), now)
        for name, source in shop.config.sources.items()
    ]


def _source_line(
    name: str, platform: str, reading: SourceReading | None, now: datetime
) -> SourceLine:
    read_at = reading.read_at if reading else None
    return SourceLine(name, platform, source_state(reading, now), read_at)
