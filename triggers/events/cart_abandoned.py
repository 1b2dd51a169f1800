"""`when: cart abandoned`: the newest cart that a customer left and did not buy.

A cart is about something: one without an article, or worth nothing, is none. Of several carts of a
customer, on two devices say, only the newest is reminded of: an older one ends for it, and one that
comes late is answered by the reminder that went out after it was left.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shop.types.feed import Feed
from shop.types.money import decimals
from triggers.durations import for_duration
from triggers.event import DAY, HOUR, Event, ExplainContext, Occasion
from triggers.lazy_modules import col, orm, sa, tables, trigger
from triggers.rule_schedule import RuleTiming

SUBJECT = "cart"
NEWER_CART = "a newer cart"
NOT_WAITING = "the cart is no longer waiting"


def _trigger() -> trigger.Trigger:
    of_clock = trigger.clock_trigger(
        _occasions,
        lambda _rule: col(tables.Cart.left_at),
        for_duration,
        customer=col(tables.Cart.customer_id),
        still_applies=lambda: sa.and_(_still_open(), ~_has_newer_cart()),
        end_reason=_end_reason,
    )
    return replace(of_clock, order_followed=_ordered_since_created)


def _occasions(_rule: RuleTiming) -> sa.Select[Any]:
    cart = tables.Cart
    return sa.select(
        col(cart.customer_id).label("customer_id"),
        sa.cast(col(cart.id), sa.String).label("occasion"),
        col(cart.id).label("subject_id"),
        col(cart.left_at).label("since_at"),
    ).where(
        col(cart.converted_at).is_(None), col(cart.customer_id).is_not(None), _holds_something(cart)
    )


def _holds_something(cart: Any) -> sa.ColumnElement[bool]:
    line = tables.CartLine
    has_article = (
        sa.select(sa.literal(1))
        .where(
            col(line.source) == cart.source,
            col(line.cart_key) == cart.external_id,
            col(line.quantity) > 0,
        )
        .exists()
    )
    return sa.and_(cart.total > 0, has_article)


def _is_own(cart: Any) -> sa.ColumnElement[bool]:
    """The cart that the enrolment is about, while it is the customer's."""
    enrolment = tables.Enrolment
    return sa.and_(
        col(enrolment.subject_kind) == SUBJECT,
        col(enrolment.subject_id) == cart.id,
        col(enrolment.customer_id) == cart.customer_id,
    )


def _still_open() -> sa.ColumnElement[bool]:
    cart = tables.Cart
    is_waiting = sa.and_(col(cart.converted_at).is_(None), _holds_something(cart))
    return sa.select(col(cart.id)).where(_is_own(cart), is_waiting).exists()


def _has_newer_cart() -> sa.ColumnElement[bool]:
    """The customer left or bought another cart later.

    One whose own series in this rule is over is not waited for, unless it was bought.
    """
    cart: Any = orm.aliased(tables.Cart)
    newer: Any = orm.aliased(tables.Cart)
    later_series: Any = orm.aliased(tables.Enrolment)
    series_over = (
        sa.select(later_series.id)
        .where(
            later_series.rule == col(tables.Enrolment.rule),
            later_series.customer_id == newer.customer_id,
            later_series.subject_kind == SUBJECT,
            later_series.subject_id == newer.id,
            later_series.ended.is_not(None),
        )
        .correlate_except(later_series)
        .exists()
    )
    return (
        sa.select(newer.id)
        .join(cart, cart.customer_id == newer.customer_id)
        .where(
            _is_own(cart),
            _is_newer(newer, cart),
            _holds_something(newer),
            sa.or_(newer.converted_at.is_not(None), ~series_over),
        )
        .exists()
    )


def _is_newer(newer: Any, cart: Any) -> sa.ColumnElement[bool]:
    """Touched later; of two touched at once, the one that was begun later."""
    later_created = sa.or_(
        _created_at(newer) > _created_at(cart),
        sa.and_(_created_at(newer) == _created_at(cart), newer.id > cart.id),
    )
    return sa.or_(
        newer.left_at > cart.left_at, sa.and_(newer.left_at == cart.left_at, later_created)
    )


def _created_at(cart: Any) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(cart.created_at, cart.left_at)


def _end_reason() -> sa.ColumnElement[str]:
    return sa.case((~_still_open(), sa.literal(NOT_WAITING)), else_=sa.literal(NEWER_CART))


def _ordered_since_created() -> sa.ColumnElement[bool]:
    """The order was placed while the cart was open, or later: in the same second, too."""
    cart, order = tables.Cart, tables.Order
    return (
        sa.select(col(cart.id))
        .where(_is_own(cart), col(order.placed_at) >= _created_at(cart))
        .correlate_except(cart)  # two levels down, SQLAlchemy would take all enrolments instead
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
    fed_by=Feed.CARTS,
    subject=SUBJECT,
    at_most_late=DAY,
    needs="for",
    facts=frozenset({"cart"}),
    mail_answers_earlier=True,
    max_data_age=HOUR,
    describe_occasion=_describe,
    describe_no_occasion=_describe_none,
)
