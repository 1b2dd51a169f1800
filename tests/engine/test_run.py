"""One tick: its steps, what a failing rule and a stop do, and the lock."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest
from sqlmodel import col

from engine import run
from engine.message_states import State
from engine.run import DeliveryStep, RulesFailedError, RuleStep, run_rule, run_tick, tick_steps
from engine.tick.advance import advance_enrolments
from engine.tick_context import TICK_LOCK
from settings.errors import UnavailableError
from shop.db.locks import LockHeldError, hold_lock
from shop.tables import Lock, Message
from tests.cafe import HOUR, MARCH, Cafe
from tests.engine.delivery.test_deliver import StoppingOutbox

RULES = """
rules:
  first:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
  second:
    when: cart abandoned
    for: 2 hours
    then: [{send: we-miss-you}]
    include backlog: yes
"""


@pytest.fixture
def cafe_with_cart(cafe: Cafe) -> Cafe:
    cafe.reread(RULES)
    cafe.leave_carts(MARCH - 3 * HOUR, "clara")
    return cafe


@pytest.fixture
def failing_first_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    advance = advance_enrolments

    def fail_first(shop: Any, name: str, context: Any) -> None:
        if name == "first":
            raise ZeroDivisionError from OSError("disk full")
        advance(shop, name, context)

    monkeypatch.setattr(run, "advance_enrolments", fail_first)


def test_the_steps_are_the_due_rules_in_order_and_the_delivery(cafe_with_cart: Cafe) -> None:
    steps = []
    for step in tick_steps(cafe_with_cart.shop, now=MARCH):
        steps.append(step)
        if isinstance(step, RuleStep):
            run_rule(cafe_with_cart.shop, step.rule, step.context)
    context = steps[0].context
    assert steps == [RuleStep(context, "first"), RuleStep(context, "second"), DeliveryStep(context)]
    assert context.now == MARCH


@pytest.mark.usefixtures("failing_first_rule")
def test_a_failing_rule_holds_back_neither_others_nor_the_delivery(cafe_with_cart: Cafe) -> None:
    with pytest.raises(ZeroDivisionError) as failed:
        run_tick(cafe_with_cart.shop, now=MARCH)
    assert isinstance(failed.value.__cause__, OSError)
    assert cafe_with_cart.select_all(col(Message.rule), col(Message.state)) == [
        ("second", State.REHEARSED)
    ]
    assert cafe_with_cart.select_all(model=Lock) == []


def test_the_errors_of_rules_are_raised_after_the_delivery(cafe_with_cart: Cafe) -> None:
    steps = tick_steps(cafe_with_cart.shop, now=MARCH)
    next(steps)
    second = steps.throw(ZeroDivisionError())
    assert isinstance(second, RuleStep)
    run_rule(cafe_with_cart.shop, second.rule, second.context)
    assert isinstance(next(steps), DeliveryStep)
    with pytest.raises(RulesFailedError, match="of 2 rules 1") as failed:
        next(steps)
    assert [type(error) for error in failed.value.errors] == [ZeroDivisionError]


def test_an_error_of_the_delivery_ends_the_tick_and_releases_the_lock(cafe_with_cart: Cafe) -> None:
    shop = replace(cafe_with_cart.shop, sender=StoppingOutbox(cafe_with_cart.outbox))
    with pytest.raises(UnavailableError):
        run_tick(shop, now=MARCH)
    assert sorted(cafe_with_cart.select_all(col(Message.state))) == [State.QUEUED, State.REHEARSED]
    assert cafe_with_cart.counts() == {"rehearsed": 1}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, asyncio.CancelledError])
def test_an_interrupted_tick_releases_the_lock_and_sends_nothing(
    cafe_with_cart: Cafe, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    monkeypatch.setattr(run, "advance_enrolments", Mock(side_effect=interruption))
    with pytest.raises(interruption):
        run_tick(cafe_with_cart.shop, now=MARCH)
    assert cafe_with_cart.select_all(model=Lock) == []
    assert cafe_with_cart.select_all(model=Message) == []


def test_a_stop_begins_no_rule_and_sends_nothing(cafe_with_cart: Cafe) -> None:
    run_tick(cafe_with_cart.shop, now=MARCH, should_stop=lambda: True)
    assert cafe_with_cart.select_all(model=Message) == []
    assert cafe_with_cart.counts() == {"rehearsed": 2}


def test_a_tick_without_delivery_leaves_its_messages_queued(cafe_with_cart: Cafe) -> None:
    run_tick(cafe_with_cart.shop, now=MARCH, with_delivery=False)
    assert cafe_with_cart.select_all(col(Message.state)) == [State.QUEUED] * 2


def test_progress_gets_the_messages_of_each_batch(cafe_with_cart: Cafe) -> None:
    batches: list[int] = []
    run_tick(cafe_with_cart.shop, now=MARCH, progress=batches.append)
    assert batches == [2]


def test_two_ticks_at_once_are_refused(cafe_with_cart: Cafe) -> None:
    with hold_lock(cafe_with_cart.engine, TICK_LOCK), pytest.raises(LockHeldError):
        run_tick(cafe_with_cart.shop, now=MARCH)
    assert cafe_with_cart.select_all(model=Message) == []
