"""The evaluation of all rules in one transaction: claims changes, refreshes metrics, enrols
customers.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, Update, bindparam, select, update
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.reach import record_reach
from engine.sync.removed_sources import apply_removed_sources
from engine.tick.series_edits import follow_edits
from engine.tick_context import TICK_LOCK, TickContext
from loyalty import ledger
from loyalty.earn import award_points, in_house_programme, programme_start
from measures import customers
from measures.visit_days import refresh_visit_days
from settings.shop import Shop
from shop.consent.existing_customer import consent_terms
from shop.db import changed_customers
from shop.db.locks import locked_transaction
from shop.db.upsert import insert_into, insert_missing, table_of
from shop.ingest.future_orders import count_due_orders
from shop.rule_counts.days import sum_past_days
from shop.rule_counts.install import fold_counters
from shop.tables import Enrolment, RuleState, Tick
from shop.types.moment import MICROSECOND
from triggers.config import Rule
from triggers.enrol import count_backlog_begun, enrol_candidates
from triggers.registry import trigger_of
from triggers.trigger import EvaluationWindow

DAY = timedelta(days=1)
NO_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class StartedTick:
    """The tick's id, and the rules with due enrolments in the order of config.yaml."""

    tick: int
    rules: tuple[str, ...]


def begin_tick(engine: Engine, config: OwnerConfig, *, now: datetime) -> StartedTick:
    """Evaluates all rules of `config` at `now` in one transaction; returns the tick and the due
    rules.

    1. Withdraws what sources said that have left config.yaml; lets orders count whose day has come;
       inserts the tick and claims the change markers.
    2. Refreshes visits, metrics and points of the changed customers.
    3. Per rule: moves people in the middle of an edited series, enrols candidates, stores how far
       the rule was evaluated.
    4. Deletes the claimed markers, adds up the counters of rules, and counts who may be mailed if
       it is time to.
    """
    with locked_transaction(engine, TICK_LOCK) as connection:
        apply_removed_sources(connection, config.sources, now)
        count_due_orders(connection, now)
        tick_id = _insert_tick(connection, now, config.shop)
        since = _start_loyalty(connection, config, now)
        changes = changed_customers.claim_changes(connection, tick_id)
        if changes:
            _refresh_figures(connection, config.shop, TickContext(tick_id, now))
            _award_points(connection, config, TickContext(tick_id, now), since)
        states = _load_rule_states(connection, config.rules, now)
        new_states = [
            _evaluate_rule(connection, config, name, states[name], TickContext(tick_id, now))
            for name in config.rules
        ]
        if new_states:
            connection.execute(_rule_state_update(), new_states)
        changed_customers.clear_changes(connection, tick_id)
        fold_counters(connection)
        record_reach(connection, config, now=now, changed=changes > 0)
        sum_past_days(connection, config.shop.zone, now)
        due = tuple(name for name in config.rules if _is_due(connection, name, now))
    return StartedTick(tick_id, due)


def _insert_tick(connection: Connection, now: datetime, shop: Shop) -> int:
    """A changed currency invalidates all sums, a changed time zone the days of all visits: every
    customer is marked as changed.
    """
    units = {"currency": shop.currency, "timezone": shop.zone.key}
    previous = connection.execute(_previous_units_query()).mappings().one_or_none()
    if previous is not None and previous != units:
        changed_customers.mark_all_changed(connection)
    row = {"at": now, "started_at": datetime.now(UTC), **units}
    inserted = connection.execute(insert_into(Tick), row)
    tick_id: int = inserted.inserted_primary_key[0]  # type: ignore[index]  # one row
    return tick_id


@cache
def _previous_units_query() -> Select[tuple[str | None, str | None]]:
    return select(col(Tick.currency), col(Tick.timezone)).order_by(col(Tick.id).desc()).limit(1)


def _refresh_figures(connection: Connection, shop: Shop, context: TickContext) -> None:
    """Visits first: metrics are computed from them."""
    refresh_visit_days(
        connection, context.tick, now=context.now, zone=shop.zone, currency=shop.currency
    )
    customers.refresh_metrics(connection, context.tick)


def _start_loyalty(connection: Connection, config: OwnerConfig, now: datetime) -> datetime:
    """A loyalty programme starts with the first tick, even if no customer has changed."""
    if config.loyalty is None:
        return now
    ledger.mark_expired_lots(connection, now)
    return programme_start(connection, now)


def _award_points(
    connection: Connection, config: OwnerConfig, context: TickContext, since: datetime
) -> None:
    """Before the rules, which may test points."""
    if config.loyalty is None:
        return
    award_points(
        connection, context.tick, in_house_programme(config.loyalty, config.shop.currency, since)
    )
    ledger.settle_points(connection, context.tick, context.now)


def _evaluate_rule(
    connection: Connection, config: OwnerConfig, name: str, state: Row[Any], context: TickContext
) -> dict[str, Any]:
    """Enrols the candidates of the rule called `name`; returns the values of its new state."""
    rule = config.rules[name]
    follow_edits(connection, name, rule, state.series)
    length = trigger_of(rule).length(rule)
    allowance = _backlog_allowance(connection, name, rule, context.now)
    window = EvaluationWindow(
        tick=context.tick,
        now=context.now,
        since=state.since,
        evaluated_until=state.looked_until,
        evaluated_length=length if state.looked_length is None else _duration(state.looked_length),
        zone=config.shop.zone,
        terms=consent_terms(config.consent, config.shop.country, config.shop.zone),
        backlog_limit=allowance,
        search_backlog=allowance > 0 and not state.backlog_done,
    )
    backlog_enrolled = enrol_candidates(
        connection, name, rule, window, currency=config.shop.currency
    )
    return {
        "of": name,
        "looked_until": max(context.now, state.looked_until),
        "looked_length": length // MICROSECOND,
        "backlog_done": backlog_enrolled < allowance,
    }


def _load_rule_states(
    connection: Connection, rules: Collection[str], now: datetime
) -> dict[str, Row[Any]]:
    """A new rule looks forward only: its window starts at its first tick."""
    states = _stored_states(connection)
    new = [
        {"rule": name, "since": now, "looked_until": now - MICROSECOND}
        for name in rules
        if name not in states
    ]
    if not new:
        return states
    insert_missing(connection, RuleState, new)
    return _stored_states(connection)


def _stored_states(connection: Connection) -> dict[str, Row[Any]]:
    return {state.rule: state for state in connection.execute(_rule_states_query())}


@cache
def _rule_states_query() -> Select[Any]:
    return select(table_of(RuleState))


@cache
def _rule_state_update() -> Update:
    table = table_of(RuleState)
    columns: dict[str, Any] = {
        name: bindparam(name) for name in ("looked_until", "looked_length", "backlog_done")
    }
    return update(table).where(table.c.rule == bindparam("of")).values(columns)


def _duration(microseconds: int) -> timedelta:
    return microseconds * MICROSECOND


def _backlog_allowance(connection: Connection, name: str, rule: Rule, now: datetime) -> int:
    """How many backlog enrolments may still begin today."""
    if rule.include_backlog is None:
        return 0
    if rule.include_backlog.per_day is None:
        return NO_LIMIT
    already_enrolled = count_backlog_begun(connection, name, now - DAY)
    return max(0, rule.include_backlog.per_day - already_enrolled)


def _is_due(connection: Connection, name: str, now: datetime) -> bool:
    return connection.scalar(_due_query(), {"of": name, "now": now}) is not None


@cache
def _due_query() -> Select[tuple[int | None]]:
    """A search for each rule: in one query for all, SQLite looks at every running enrolment."""
    is_due = (col(Enrolment.rule) == bindparam("of"), col(Enrolment.next_at) <= bindparam("now"))
    return select(col(Enrolment.id)).where(*is_due).limit(1)
