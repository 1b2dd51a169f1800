"""`when: subscribed`: one occasion for a customer, when they first opt in themselves."""

from __future__ import annotations

from typing import Any

from shop.types.feed import Feed
from triggers.durations import no_duration
from triggers.event import Event, ExplainContext, Occasion
from triggers.lazy_modules import basis, col, sa, tables, trigger
from triggers.rule_schedule import RuleTiming


def _trigger() -> trigger.Trigger:
    return trigger.clock_trigger(
        _occasions,
        lambda _rule: col(tables.BasisStatement.said_at),
        no_duration,
        customer=col(tables.Basis.customer_id),
        still_applies=_still_subscribed,
        end_reason="the customer no longer says yes",
    )


def _occasions(_rule: RuleTiming) -> sa.Select[Any]:
    """An opt-in without a date came with an import, and an import is no reason to welcome."""
    return (
        sa.select(
            col(tables.Basis.customer_id).label("customer_id"),
            sa.literal("subscribed").label("occasion"),
            trigger.no_subject(),
            col(tables.BasisStatement.said_at).label("since_at"),
        )
        .join(tables.BasisStatement, _deciding_statement())
        .where(
            col(tables.Basis.channel) == basis.EMAIL,
            col(tables.Basis.state) == basis.ConsentValue.YES.value,
            col(tables.BasisStatement.said_at) != basis.UNDATED,
        )
    )


def _deciding_statement() -> sa.ColumnElement[bool]:
    """Joined by customer too: that column's index finds what a changed customer said."""
    statement, current = tables.BasisStatement, tables.Basis
    return sa.and_(
        col(statement.id) == col(current.statement_id),
        col(statement.customer_id) == col(current.customer_id),
    )


def _still_subscribed() -> sa.ColumnElement[bool]:
    return (
        sa.select(col(tables.Basis.customer_id))
        .where(
            col(tables.Basis.customer_id) == col(tables.Enrolment.customer_id),
            col(tables.Basis.channel) == basis.EMAIL,
            col(tables.Basis.state) == basis.ConsentValue.YES.value,
        )
        .exists()
    )


def _describe(context: ExplainContext, _rule: RuleTiming, occasion: Occasion) -> str:
    said_at = context.format_time(occasion.since_at)
    return str(context.sentences.OCCASION.format(said_at=said_at))


def _describe_none(context: ExplainContext, _rule: RuleTiming) -> str:
    current = context.connection.execute(
        sa.select(col(tables.Basis.state), col(tables.BasisStatement.said_at))
        .outerjoin(
            tables.BasisStatement, col(tables.BasisStatement.id) == col(tables.Basis.statement_id)
        )
        .where(col(tables.Basis.customer_id) == context.customer_id)
    ).first()
    if current and current.state == basis.ConsentValue.NO:
        return str(context.sentences.NONE_OPTED_OUT)
    if current and current.state == basis.ConsentValue.UNREAD:
        return str(context.sentences.NONE_UNREAD)
    if current and current.state == basis.ConsentValue.YES and current.said_at == basis.UNDATED:
        return str(context.sentences.NONE_UNDATED)
    return str(context.sentences.NONE)


EVENT = Event(
    name="subscribed",
    trigger=_trigger,
    fed_by=Feed.OPT_INS,
    describe_occasion=_describe,
    describe_no_occasion=_describe_none,
)
