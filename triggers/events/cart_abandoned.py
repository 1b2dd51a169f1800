"""`when: cart abandoned`: one occasion for every cart that was left and not bought."""

from __future__ import annotations

from typing import Any

from shop.types.money import decimals
from triggers.durations import for_duration
from triggers.event import DAY, Event, ExplainContext, Occasion
from triggers.lazy_modules import col, sa, tables, trigger
from triggers.rule_schedule import RuleTiming

SUBJECT = "cart"


def _trigger() -> trigger.Trigger:
    return trigger.clock_trigger(
        _occasions,
        lambda _rule: col(tables.Cart.left_at),
        for_duration,
        customer=col(tables.Cart.customer_id),
        still_applies=_still_open,
        end_reason="the cart is no longer waiting",
    )


def _occasions(_rule: RuleTiming) -> sa.Select[Any]:
    cart = tables.Cart
    return sa.select(
        col(cart.customer_id).label("customer_id"),
        sa.cast(col(cart.id), sa.String).label("occasion"),
        col(cart.id).label("subject_id"),
        col(cart.left_at).label("since_at"),
    ).where(col(cart.converted_at).is_(None), col(cart.customer_id).is_not(None))


def _still_open() -> sa.ColumnElement[bool]:
    cart, enrolment = tables.Cart, tables.Enrolment
    return (
        sa.select(col(cart.id))
        .where(
            col(enrolment.subject_kind) == SUBJECT,
            col(enrolment.subject_id) == col(cart.id),
            col(enrolment.customer_id) == col(cart.customer_id),
            col(cart.converted_at).is_(None),
        )
        .exists()
    )


def _describe(context: ExplainContext, rule: RuleTiming, occasion: Occasion) -> str:
    cart = sa.select(col(tables.Cart.total), col(tables.Cart.currency))
    query = cart.where(col(tables.Cart.id) == occasion.id_of(SUBJECT))
    row = context.connection.execute(query).first()
    template = context.sentences.OCCASION_WORTH if row else context.sentences.OCCASION
    text: str = template.format(
        total=_money_text(row.total, row.currency) if row else None,
        left_at=context.format_time(occasion.since_at),
        length=rule.for_,
        due_at=context.format_time(occasion.due_at),
    )
    return text


def _money_text(minor: int, currency: str) -> str:
    places = decimals(currency)
    return f"{minor / 10**places:,.{places}f} {currency}"


def _describe_none(context: ExplainContext, _rule: RuleTiming) -> str:
    last_bought = context.scalar(
        sa.select(sa.func.max(col(tables.Cart.converted_at))).where(
            col(tables.Cart.customer_id) == context.customer_id
        )
    )
    sentences = context.sentences
    if last_bought is None:
        return str(sentences.NONE)
    return str(sentences.NONE_BOUGHT.format(bought_at=context.format_time(last_bought)))


EVENT = Event(
    name="cart abandoned",
    trigger=_trigger,
    subject=SUBJECT,
    at_most_late=DAY,
    needs="for",
    facts=frozenset({"cart"}),
    describe_occasion=_describe,
    describe_no_occasion=_describe_none,
)
