"""`when: no visit`: one occasion for every time a customer has stayed away that long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from settings.values import Length
from shop.types.purpose import Pace
from triggers.durations import LONGER_THAN_USUAL, for_duration
from triggers.event import Event, ExplainContext, Occasion
from triggers.lazy_modules import col, customer_metrics, sa, tables, trigger
from triggers.rule_timing import RuleTiming


def _trigger() -> trigger.Trigger:
    return trigger.clock_trigger(
        _occasions,
        _clock,
        _length,
        customer=col(tables.Metrics.customer_id),
        still_applies=_still_away,
        end_reason="the customer came back",
    )


def _occasions(_rule: RuleTiming) -> sa.Select[Any]:
    last_visit = col(tables.Metrics.last_visit_at)
    return sa.select(
        col(tables.Metrics.customer_id).label("customer_id"),
        sa.cast(sa.type_coerce(last_visit, sa.BigInteger), sa.String).label("occasion"),
        trigger.no_subject(),
        last_visit.label("since_at"),
    ).where(last_visit.is_not(None))


def _clock(rule: RuleTiming) -> sa.SQLColumnExpression[Any]:
    """`longer than usual` counts from the customer's own rhythm, a length from their last visit."""
    metrics, is_usual = tables.Metrics, rule.for_ == LONGER_THAN_USUAL
    return col(metrics.expected_back_at) if is_usual else col(metrics.last_visit_at)


def _length(rule: RuleTiming) -> timedelta:
    return timedelta(0) if rule.for_ == LONGER_THAN_USUAL else for_duration(rule)


def _still_away() -> sa.ColumnElement[bool]:
    metrics, enrolment = tables.Metrics, tables.Enrolment
    return (
        sa.select(col(metrics.customer_id))
        .where(
            col(metrics.customer_id) == col(enrolment.customer_id),
            col(metrics.last_visit_at) <= col(enrolment.since_at),
        )
        .exists()
    )


def _describe(context: ExplainContext, rule: RuleTiming, occasion: Occasion) -> str:
    last_visit, due_at = map(context.format_time, (occasion.since_at, occasion.due_at))
    if isinstance(rule.for_, Length):
        return f"last visit {last_visit}, so {rule.for_} end on {due_at}"
    return f"last visit {last_visit}, so by their own rhythm they are missed from {due_at} on"


def _describe_none(context: ExplainContext, rule: RuleTiming) -> str:
    visits = context.scalar(
        sa.select(col(tables.Metrics.visits)).where(
            col(tables.Metrics.customer_id) == context.customer_id
        )
    )
    if not visits:
        return "They never bought anything that counts, as far as the last run saw."
    if isinstance(rule.for_, Length):
        return "Nothing is known of their last visit."
    needed = customer_metrics.MIN_VISITS_FOR_RHYTHM
    return f"They have no rhythm yet: visits {visits}, and it takes {needed}."


EVENT = Event(
    name="no visit",
    reason="you have bought from us before",
    trigger=_trigger,
    needs="for",
    allows_usual=True,
    is_state=True,
    pace=Pace.OPEN_DAYS,
    describe_occasion=_describe,
    describe_no_occasion=_describe_none,
)
