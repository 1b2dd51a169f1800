"""`when: survey answered`: one occasion for every answer."""

from __future__ import annotations

from typing import Any

from shop.types.purpose import Purpose
from triggers.durations import no_duration
from triggers.event import DAY, Event, ExplainContext, Occasion
from triggers.lazy_modules import col, sa, tables, trigger
from triggers.rule_schedule import RuleTiming

SUBJECT = "answer"


def _trigger() -> trigger.Trigger:
    return trigger.clock_trigger(
        _occasions,
        lambda _rule: col(tables.Answer.answered_at),
        no_duration,
        customer=col(tables.Answer.customer_id),
        still_applies=sa.true,  # an answer is never taken back
        end_reason="",
    )


def _occasions(_rule: RuleTiming) -> sa.Select[Any]:
    answer = tables.Answer
    return sa.select(
        col(answer.customer_id).label("customer_id"),
        sa.cast(col(answer.id), sa.String).label("occasion"),
        col(answer.id).label("subject_id"),
        col(answer.answered_at).label("since_at"),
    ).where(col(answer.customer_id).is_not(None))


def _describe(context: ExplainContext, _rule: RuleTiming, occasion: Occasion) -> str:
    scores = sa.select(col(tables.Answer.csat), col(tables.Answer.nps))
    query = scores.where(col(tables.Answer.id) == occasion.id_of(SUBJECT))
    row = context.connection.execute(query).first()
    figures = {"csat": row.csat, "nps": row.nps} if row else {}
    scores_text = ", ".join(
        f"{name} {score}" for name, score in figures.items() if score is not None
    )
    sentences, answered_at = context.sentences, context.format_time(occasion.since_at)
    scores_text = scores_text or sentences.NO_SCORES
    return str(sentences.OCCASION.format(answered_at=answered_at, scores=scores_text))


def _describe_none(context: ExplainContext, _rule: RuleTiming) -> str:
    return str(context.sentences.NONE)


EVENT = Event(
    name="survey answered",
    trigger=_trigger,
    subject=SUBJECT,
    purpose=Purpose.SERVICE,
    at_most_late=2 * DAY,
    facts=frozenset({"answer"}),
    describe_occasion=_describe,
    describe_no_occasion=_describe_none,
)
