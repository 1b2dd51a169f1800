"""`when: no visit`: one occasion for every time a customer has stayed away that long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shop.types.feed import Feed
from shop.types.purpose import Pace
from triggers.durations import LONGER_THAN_USUAL, for_duration
from triggers.event import Event, ExplainContext, Occasion
from triggers.lazy_modules import col, customer_metrics, sa, tables, trigger
from triggers.rule_schedule import RuleTiming


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
    is_usual = rule.for_ == LONGER_THAN_USUAL
    template = context.sentences.OCCASION_USUAL if is_usual else context.sentences.OCCASION
    text: str = template.format(
        last_visit=context.format_time(occasion.since_at),
        length=rule.for_,
        due_at=context.format_time(occasion.due_at),
    )
    return text


def _describe_none(context: ExplainContext, rule: RuleTiming) -> str:
    visits = context.scalar(
        sa.select(col(tables.Metrics.visits)).where(
            col(tables.Metrics.customer_id) == context.customer_id
        )
    )
    sentences = context.sentences
    if not visits:
        return str(sentences.NONE_NO_VISITS)
    if rule.for_ != LONGER_THAN_USUAL:
        return str(sentences.NONE)
    needed = customer_metrics.MIN_VISITS_FOR_RHYTHM
    return str(sentences.NONE_NO_RHYTHM.format(visits=visits, needed=needed))


EVENT = Event(
    name="no visit",
    trigger=_trigger,
    fed_by=Feed.ORDERS,
    needs="for",
    allows_usual=True,
    is_state=True,
    max_data_age=timedelta(days=1),
    pace=Pace.OPEN_DAYS,
    describe_occasion=_describe,
    describe_no_occasion=_describe_none,
)
