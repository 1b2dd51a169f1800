"""A tick: lock, enrol, advance each rule with due enrolments, deliver, count.

`tick_steps` is the only description of a tick. `run_tick` performs its steps in this process,
`flows.tick` each in a Prefect flow run of its own. A tick with nothing to do has no steps.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlmodel import col

from engine.delivery.deliver import Progress, deliver, has_due_messages, prepare_delivery
from engine.delivery.send_check import StopCheck, StoppedError, never_stop
from engine.open.open_shop import OpenShop
from engine.signup.confirmation import send_confirmations
from engine.signup.open_sign_ups import has_open_sign_ups
from engine.tick.advance import advance_enrolments
from engine.tick.counts import Counts
from engine.tick.tick import begin_tick
from engine.tick.tick_report import count_tick
from engine.tick_context import TICK_LOCK, Clock, TickContext
from shop.db.engine import read_transaction, write_transaction
from shop.db.locks import LockLostError, check_lock, hold_lock
from shop.tables import RuleState


@dataclass(frozen=True)
class RuleStep:
    """Advance the due enrolments of one rule."""

    context: TickContext
    rule: str


@dataclass(frozen=True)
class DeliveryStep:
    """Send what is due."""

    context: TickContext


Step = RuleStep | DeliveryStep
TickSteps = Generator[Step, None, dict[str, Counts]]


@dataclass(frozen=True)
class TickInProgress:
    """A tick with something to do: the step to be performed now, and the generator of the others.

    It holds the lock of the shop until `steps` has ended or is closed.
    """

    first_step: Step
    steps: TickSteps


class RulesFailedError(Exception):
    """Some rules of a tick failed; raised after the delivery. `errors` holds one error a rule."""

    def __init__(self, errors: Sequence[Exception], rules: int) -> None:
        super().__init__(f"of {rules} rules {len(errors)}")
        self.errors = errors


def start_tick(
    shop: OpenShop,
    *,
    now: datetime,
    should_stop: StopCheck = never_stop,
    with_delivery: bool = True,
) -> TickInProgress | dict[str, Counts]:
    """Begins a tick; returns the counts by rule at once if it has no step."""
    steps = tick_steps(shop, now=now, should_stop=should_stop, with_delivery=with_delivery)
    try:
        return TickInProgress(next(steps), steps)
    except StopIteration as end:
        counts: dict[str, Counts] = end.value
        return counts


def tick_steps(
    shop: OpenShop,
    *,
    now: datetime,
    should_stop: StopCheck = never_stop,
    with_delivery: bool = True,
) -> TickSteps:
    """Yields the steps of one tick; the caller performs each. Returns the counts by rule.

    1. Takes the lock of the shop, or raises `LockHeldError`.
    2. Evaluates all rules and enrols customers.
    3. Yields a `RuleStep` for each rule with due enrolments, none once `should_stop` is true.
       The caller throws in the error of a step that failed: it stops neither the other rules
       nor the delivery.
    4. Yields the `DeliveryStep` if mail is due; an error thrown in here ends the tick.
    5. Raises `RulesFailedError` if a rule failed.

    Raises `LockLostError` where this process stood still for longer than its lease and another one
    took the lock: nothing more is done.
    """
    with hold_lock(shop.engine, TICK_LOCK, shop.lease):
        started = begin_tick(shop.engine, shop.config, now=now)
        context = TickContext(started.tick, now)
        errors: list[Exception] = []
        for rule in started.rules:
            if should_stop():
                break  # the next tick finds the others due
            try:
                yield RuleStep(context, rule)
            except LockLostError:
                raise
            except Exception as error:  # noqa: BLE001  # of any kind: raised after the delivery
                errors.append(error)
        if with_delivery and not should_stop() and is_delivery_due(shop, context):
            with write_transaction(shop.engine) as connection:
                check_lock(connection, TICK_LOCK)
            yield DeliveryStep(context)
        if errors:
            raise RulesFailedError(errors, len(started.rules))
        return load_outcome(shop, context)


def run_tick(
    shop: OpenShop,
    *,
    now: datetime,
    progress: Progress | None = None,
    should_stop: StopCheck = never_stop,
    clock: Clock | None = None,
    with_delivery: bool = True,
) -> dict[str, Counts]:
    """Performs one tick in this process and returns the counts by rule.

    The rules are evaluated at `now`; the delivery goes by `clock`, or by `now` without one.
    `progress` gets the number of messages of each batch; `should_stop` is asked before each rule
    and after each mail. Raises the first error of a rule after the delivery.
    """

    def perform(step: Step) -> None:
        if isinstance(step, RuleStep):
            run_rule(shop, step.rule, step.context)
        else:
            deliver_due(shop, step.context, progress=progress, should_stop=should_stop, clock=clock)

    started = start_tick(shop, now=now, should_stop=should_stop, with_delivery=with_delivery)
    if not isinstance(started, TickInProgress):
        return started
    try:
        return _drive(started, perform)
    except RulesFailedError as failed:
        error = failed.errors[0]
    raise error  # outside of `except`, so that it keeps its own cause


def _drive(started: TickInProgress, perform: Callable[[Step], None]) -> dict[str, Counts]:
    step = started.first_step
    with closing(started.steps) as steps:
        try:
            while True:
                try:
                    perform(step)
                except Exception as error:  # noqa: BLE001  # `tick_steps` decides what it ends
                    step = steps.throw(error)
                else:
                    step = next(steps)
        except StopIteration as end:
            counts: dict[str, Counts] = end.value
            return counts


def run_rule(shop: OpenShop, name: str, context: TickContext) -> Counts:
    """Performs a `RuleStep`: advances the enrolments of the rule `name`; returns its counts."""
    advance_enrolments(shop, name, context)
    return load_outcome(shop, context).get(name, Counts())


def is_delivery_due(shop: OpenShop, context: TickContext) -> bool:
    """Returns whether a `DeliveryStep` has sign-up confirmations or messages to send.

    Messages that need no sending, such as those that are too late, are settled here.
    """
    prepare_delivery(shop, context)
    return has_due_messages(shop, context) or has_open_sign_ups(shop)


def deliver_due(
    shop: OpenShop,
    context: TickContext,
    *,
    progress: Progress | None = None,
    should_stop: StopCheck = never_stop,
    clock: Clock | None = None,
) -> None:
    """Performs a `DeliveryStep`: sends sign-up confirmations, then the due messages.

    `clock` is read while messages are sent; without one the time stands still at that of `context`.
    Once `should_stop` is true, the unsent messages of the batch are released for the next run. An
    error while confirming is raised after the delivery: an address that a stranger typed on the
    sign-up page must not hold back the mail of customers.
    """

    def report_batch(messages: int) -> None:
        if progress:
            progress(messages)
        if should_stop():
            raise StoppedError

    confirmation_error = _try_confirmations(shop, should_stop)
    with suppress(StoppedError):
        if not should_stop():
            deliver(shop, context, report_batch, should_stop=should_stop, clock=clock)
    if confirmation_error:
        raise confirmation_error


def _try_confirmations(shop: OpenShop, should_stop: StopCheck) -> Exception | None:
    try:
        confirm_sign_ups(shop, should_stop=should_stop)
    except Exception as error:  # noqa: BLE001  # of any kind: raised after the delivery
        return error
    return None


def confirm_sign_ups(shop: OpenShop, *, should_stop: StopCheck = never_stop) -> None:
    """Sends the confirmations that new sign-ups wait for, by the machine's clock."""
    with suppress(StoppedError):
        if not should_stop():
            send_confirmations(shop, now=datetime.now(UTC), should_stop=should_stop)


def load_outcome(shop: OpenShop, context: TickContext) -> dict[str, Counts]:
    """Returns what the tick of `context` did so far, by rule."""
    with read_transaction(shop.engine) as connection:
        return count_tick(connection, shop.config, context.tick)


def last_evaluated(shop: OpenShop) -> datetime | None:
    """Returns the latest `now` of all ticks: a tick at an earlier time finds nothing new."""
    with read_transaction(shop.engine) as connection:
        return connection.scalar(select(func.max(col(RuleState.looked_until))))
