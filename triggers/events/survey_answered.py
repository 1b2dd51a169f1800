"""`when: survey answered`: one occasion for what a customer answers to a survey on one day.

Answers of one day on the shop's calendar belong together, and so do answers less than six hours
apart: both sides of midnight. The newest of them decides; one without a score does not replace one
with a score.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

from shop.types.feed import Feed
from shop.types.purpose import Purpose
from triggers.durations import no_duration
from triggers.event import DAY, Event, ExplainContext, Occasion
from triggers.lazy_modules import changed_customers, col, moments, orm, sa, tables, trigger
from triggers.rule_schedule import RuleTiming

SUBJECT = "answer"
SAME_VISIT = timedelta(hours=6)
MICROSECOND = timedelta(microseconds=1)


def _trigger() -> trigger.Trigger:
    answered = trigger.clock_trigger(
        _occasions,
        lambda _rule: col(tables.Answer.answered_at),
        no_duration,
        customer=col(tables.Answer.customer_id),
        still_applies=sa.true,  # an answer is never taken back, but it may be corrected
        end_reason="the answer was corrected",
    )
    return replace(answered, follow_reports=_follow_reports)


def _occasions(_rule: RuleTiming) -> sa.Select[Any]:
    """The newest answers, without those whose occasion has begun with an earlier one."""
    answer = tables.Answer
    survey_day = sa.literal("day ") + sa.cast(_day(answer), sa.String) + " " + _survey(answer)
    newer: Any = orm.aliased(answer)
    is_replaced = sa.select(newer.id).where(
        _is_same_occasion(newer, answer), newer.answered_at <= trigger.NOW_PARAM,
        _replaces(newer, answer),
    )  # fmt: skip
    return sa.select(
        col(answer.customer_id).label("customer_id"),
        survey_day.label("occasion"),
        col(answer.id).label("subject_id"),
        col(answer.answered_at).label("since_at"),
    ).where(col(answer.customer_id).is_not(None), ~is_replaced.exists(), ~_has_begun(answer))


def _survey(answer: Any) -> sa.ColumnElement[str]:
    """The survey's name, or else the source that the answer came from."""
    return sa.func.coalesce(answer.survey, answer.source)


def _day(answer: Any) -> sa.ColumnElement[int]:
    """The number of the day since 1970, on the shop's clock as it goes at the evaluation."""
    microseconds = sa.type_coerce(answer.answered_at, sa.BigInteger) + trigger.DAY_SHIFT_PARAM
    return microseconds // (DAY // MICROSECOND)


def _is_same_occasion(one: Any, other: Any) -> sa.ColumnElement[bool]:
    """Conditions on two answers. `_is_within` a day lets the index of the answers serve."""
    return sa.and_(
        one.customer_id == other.customer_id,
        _is_within(one, other, DAY),
        _survey(one) == _survey(other),
        sa.or_(_day(one) == _day(other), _is_within(one, other, SAME_VISIT)),
    )


def _is_within(one: Any, other: Any, length: timedelta) -> sa.ColumnElement[bool]:
    within: sa.ColumnElement[bool] = one.answered_at.between(
        moments.moment_after(other.answered_at, -length),
        moments.moment_after(other.answered_at, length),
    )
    return within


def _replaces(newer: Any, older: Any) -> sa.ColumnElement[bool]:
    """Of answers at the same moment the one that became known later counts."""
    is_newer = sa.or_(
        newer.answered_at > older.answered_at,
        sa.and_(newer.answered_at == older.answered_at, newer.id > older.id),
    )
    return sa.or_(
        sa.and_(_has_score(newer), ~_has_score(older)),
        sa.and_(is_newer, sa.or_(_has_score(newer), ~_has_score(older))),
    )


def _has_score(answer: Any) -> sa.ColumnElement[bool]:
    return sa.or_(answer.csat.is_not(None), answer.nps.is_not(None))


def _has_begun(answer: Any) -> sa.ColumnElement[bool]:
    """The rule has acted on an answer of the same occasion."""
    enrolment = tables.Enrolment
    earlier: Any = orm.aliased(tables.Answer)
    return (
        sa.select(col(enrolment.id))
        .join(earlier, earlier.id == col(enrolment.subject_id))
        .where(
            col(enrolment.rule) == trigger.RULE_PARAM,
            col(enrolment.customer_id) == answer.customer_id,
            col(enrolment.subject_kind) == SUBJECT,
            col(enrolment.verdict) == "go",
            _is_same_occasion(earlier, answer),
        )
        .exists()
    )


@cache
def _follow_reports() -> sa.Update:
    """Points begun enrolments to the answer that decides now."""
    enrolment = tables.Enrolment
    known: Any = orm.aliased(tables.Answer)
    newer: Any = orm.aliased(tables.Answer)
    even_newer: Any = orm.aliased(tables.Answer)
    is_replaced = sa.select(even_newer.id).where(
        _is_same_occasion(even_newer, newer), even_newer.answered_at <= trigger.NOW_PARAM,
        _replaces(even_newer, newer),
    )  # fmt: skip
    deciding = (
        sa.select(newer.id)
        .select_from(known)
        .join(newer, _is_same_occasion(newer, known))
        .where(
            known.id == col(enrolment.subject_id),
            newer.answered_at <= trigger.NOW_PARAM,
            _replaces(newer, known),
            ~is_replaced.exists(),
        )
        .order_by(newer.answered_at.desc())
        .limit(1)
        .correlate(enrolment)
    )
    return (
        sa.update(enrolment)
        .where(
            col(enrolment.rule) == trigger.RULE_PARAM,
            col(enrolment.customer_id).in_(changed_customers.claimed_customers(trigger.TICK_PARAM)),
            col(enrolment.subject_kind) == SUBJECT,
            col(enrolment.verdict) == "go",
            deciding.exists(),
        )
        .values(subject_id=deciding.scalar_subquery())
    )


def _describe(context: ExplainContext, _rule: RuleTiming, occasion: Occasion) -> str:
    answer = tables.Answer
    query = sa.select(col(answer.csat), col(answer.nps), col(answer.answered_at))
    row = context.connection.execute(query.where(col(answer.id) == occasion.id_of(SUBJECT))).first()
    figures = {"csat": row.csat, "nps": row.nps} if row else {}
    scores_text = ", ".join(
        f"{name} {score}" for name, score in figures.items() if score is not None
    )
    sentences = context.sentences
    answered_at = context.format_time(row.answered_at if row else occasion.since_at)
    scores_text = scores_text or sentences.NO_SCORES
    return str(sentences.OCCASION.format(answered_at=answered_at, scores=scores_text))


def _describe_none(context: ExplainContext, _rule: RuleTiming) -> str:
    return str(context.sentences.NONE)


EVENT = Event(
    name="survey answered",
    trigger=_trigger,
    fed_by=Feed.ANSWERS,
    subject=SUBJECT,
    purpose=Purpose.SERVICE,
    at_most_late=2 * DAY,
    facts=frozenset({"answer"}),
    subject_facts=frozenset({"csat", "nps"}),
    describe_occasion=_describe,
    describe_no_occasion=_describe_none,
)
