"""Who a rule will be about in the days to come, if nothing changes until then.

Asks the statement of a tick for the verdicts that it would give, and writes none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, bindparam, select
from sqlmodel import col

from shop.consent.existing_customer import ConsentTerm
from shop.db.timezones import zones_in_use
from shop.db.upsert import STATEMENT_CACHE_SIZE
from shop.tables import RuleState
from shop.types.moment import MICROSECOND
from shop.types.purpose import Purpose
from triggers.config import Rule
from triggers.durations import allowed_lateness
from triggers.enrol import StatementKey, select_verdicts, statement_key
from triggers.registry import event_of, trigger_of
from triggers.trigger import NOW_PARAM, EvaluationWindow
from triggers.verdicts import Verdict


@dataclass(frozen=True)
class Horizon:
    """The time ahead: from `now` on, in parts that end at each of `ends`."""

    now: datetime
    ends: Sequence[datetime]
    zone: ZoneInfo  # the shop's

    @property
    def until(self) -> datetime:
        """The end of the last part."""
        return self.ends[-1]


def select_upcoming(
    connection: Connection,
    name: str,
    rule: Rule,
    horizon: Horizon,
    *,
    terms: Sequence[ConsentTerm],
    currency: str,
) -> Iterator[tuple[Select[Any], dict[str, Any]]]:
    """Yields queries, with their parameters, of the enrolments that ticks of `rule` will begin
    within `horizon`, as far as the data of now show: the columns `customer_id`, `occasion`,
    `since_at` and `due_at`.

    One query, or one for each part of the horizon where the basis of existing customers may run
    out within it. A customer who comes back, spends points or opts out until then is not enrolled.
    """
    event = event_of(rule)
    lapses = bool(terms) and event.purpose is Purpose.MARKETING
    first = _window(connection, name, rule, horizon, terms)
    for end in horizon.ends if lapses else horizon.ends[-1:]:
        window = replace(first, now=end)
        yield _select(name, rule, window, horizon, currency)
        first = replace(first, evaluated_until=max(first.evaluated_until, end),
                        evaluated_length=trigger_of(rule).length(rule))  # fmt: skip


def _select(
    name: str, rule: Rule, window: EvaluationWindow, horizon: Horizon, currency: str
) -> tuple[Select[Any], dict[str, Any]]:
    """An occasion is judged like one that has just come due, with the facts of now."""
    trigger, lateness = trigger_of(rule), allowed_lateness(rule) + (window.now - horizon.now)
    own_parameters = trigger.own_parameters(rule, window)
    parameters = own_parameters | window.statement_parameters(
        name, length=trigger.length(rule), lateness=lateness
    )
    query = _upcoming_query(statement_key(rule, window, currency, tuple(own_parameters)))
    return query, {**parameters, NOW_PARAM.key: horizon.now}


@lru_cache(STATEMENT_CACHE_SIZE)
def _upcoming_query(key: StatementKey) -> Select[Any]:
    columns = select_verdicts(key.rule, key.window, key.currency).subquery("verdicts").c
    kept = (columns.customer_id, columns.occasion, columns.since_at, columns.due_at)
    return select(*kept).where(columns.verdict == Verdict.GO.value, columns.backlog.is_(False))


def _window(
    connection: Connection,
    name: str,
    rule: Rule,
    horizon: Horizon,
    terms: Sequence[ConsentTerm],
) -> EvaluationWindow:
    """Goes on where the last tick has stopped. A rule that no tick has seen begins now."""
    length = trigger_of(rule).length(rule)
    state = connection.execute(_state_query(), {"of": name}).one_or_none()
    evaluated_length = length
    if state and state.looked_length is not None:
        evaluated_length = state.looked_length * MICROSECOND
    by_day = event_of(rule).by_calendar_day
    return EvaluationWindow(
        tick=0,
        now=horizon.now,
        since=state.since if state else horizon.now,
        evaluated_until=state.looked_until if state else horizon.now - MICROSECOND,
        evaluated_length=evaluated_length,
        zone=horizon.zone,
        terms=tuple(terms),
        zones=zones_in_use(connection) if by_day else {},
    )


@cache
def _state_query() -> Select[Any]:
    columns = (col(RuleState.since), col(RuleState.looked_until), col(RuleState.looked_length))
    return select(*columns).where(col(RuleState.rule) == bindparam("of"))
