"""The queries of an event, and the window and parameters of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Label,
    Select,
    SQLColumnExpression,
    String,
    Update,
    bindparam,
    cast,
    literal,
    select,
)
from sqlmodel import col

from shop.consent.existing_customer import ConsentTerm
from shop.db import changed_customers
from shop.tables import Enrolment, Order
from shop.types.moment import MICROSECOND, Moment, moment_after
from triggers.rule_schedule import RuleTiming
from triggers.verdicts import Verdict

ONE_MICROSECOND = timedelta(microseconds=1)


def moment_parameter(name: str) -> BindParameter[datetime]:
    """A parameter for a moment. Statements are built once and serve every evaluation."""
    return bindparam(name, type_=Moment)


def bought_since_parameter(channel: str) -> BindParameter[datetime]:
    """The earliest purchase at `channel` that makes an existing customer."""
    return moment_parameter(f"bought_since_{channel}")


@dataclass(frozen=True)
class ParameterTerm:
    """A channel of the owner's consent terms; its earliest purchase is a parameter."""

    channel: str

    def earliest_purchase(self, _now: Any) -> BindParameter[datetime]:
        return bought_since_parameter(self.channel)


RULE_PARAM = bindparam("rule_name", type_=String)
TICK_PARAM, BACKLOG_LIMIT_PARAM, LENGTH_PARAM, DAY_SHIFT_PARAM = (
    bindparam(name, type_=BigInteger)
    for name in ("tick_number", "backlog_limit", "rule_length", "day_shift")
)
NOW_PARAM, RULE_SINCE_PARAM, TIMELY_SINCE_PARAM, EARLIEST_DUE_PARAM = map(
    moment_parameter, ("now", "rule_since", "timely_since", "earliest_due")
)
CLOCK_UNTIL_PARAM, CLOCK_AFTER_PARAM, CLOCK_BEFORE_PARAM = map(
    moment_parameter, ("clock_until", "clock_after", "clock_before")
)
CANDIDATE_COLUMNS = ("customer_id", "occasion", "subject_id", "since_at", "due_at")


def no_subject() -> Label[Any]:
    """An empty `subject_id`; typed, because PostgreSQL takes a bare NULL in a UNION for text."""
    return cast(literal(None), BigInteger).label("subject_id")


@dataclass(frozen=True)
class EvaluationWindow:
    """The range of time that a rule evaluates in one tick."""

    tick: int
    now: datetime
    since: datetime  # occasions due from here on belong to the rule
    evaluated_until: datetime
    evaluated_length: timedelta  # the rule's length in the last evaluation
    zone: ZoneInfo  # the shop's
    backlog_limit: int = 0  # how many from before `since` may begin now
    terms: tuple[ConsentTerm, ...] = ()  # on which the owner vouches for existing customers
    search_backlog: bool = False  # whether to search for them, or only among changed customers
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)  # the customers' own

    def statement_parameters(
        self, name: str, *, length: timedelta, lateness: timedelta
    ) -> dict[str, Any]:
        """The values of the statements of the rule called `name`, by parameter.

        `length` is what the rule counts from its moment (`for`, or `in` as a negative length),
        `lateness` how long after coming due it is still worth sending.
        """
        timely_since = self.now - lateness
        return {
            RULE_PARAM.key: name,
            NOW_PARAM.key: self.now,
            RULE_SINCE_PARAM.key: self.since,
            TIMELY_SINCE_PARAM.key: timely_since,
            EARLIEST_DUE_PARAM.key: min(self.since, timely_since),
            TICK_PARAM.key: self.tick,
            BACKLOG_LIMIT_PARAM.key: self.backlog_limit,
            LENGTH_PARAM.key: length // MICROSECOND,
            DAY_SHIFT_PARAM.key: self._day_shift // MICROSECOND,
            CLOCK_UNTIL_PARAM.key: self.now - length,
            CLOCK_AFTER_PARAM.key: self.clock_after(length),
            CLOCK_BEFORE_PARAM.key: self.since - length,
            **{
                bought_since_parameter(term.channel).key: term.earliest_purchase(self.now)
                for term in self.terms
            },
        }

    @property
    def _day_shift(self) -> timedelta:
        """How much earlier than UTC's the shop's days begin."""
        return self.now.astimezone(self.zone).utcoffset() or timedelta(0)

    @property
    def new_after(self) -> datetime:
        """What came due after this moment is new."""
        return max(self.evaluated_until, self.since - ONE_MICROSECOND)

    def clock_after(self, length: timedelta) -> datetime:
        """How far the rule has been evaluated on its clock: a shortened `for` skips no one."""
        return max(
            self.evaluated_until - self.evaluated_length, self.since - ONE_MICROSECOND - length
        )


def has_begun_near(
    customer: SQLColumnExpression[Any], moment: SQLColumnExpression[Any], length: timedelta
) -> ColumnElement[bool]:
    """SQL condition: the rule has begun for `customer` with an occasion less than `length` before
    or after `moment`, whatever its key.
    """
    return (
        select(col(Enrolment.id))
        .where(
            col(Enrolment.rule) == RULE_PARAM,
            col(Enrolment.customer_id) == customer,
            col(Enrolment.verdict) == Verdict.GO.value,
            col(Enrolment.since_at) > moment_after(moment, -length),
            col(Enrolment.since_at) < moment_after(moment, length),
        )
        .correlate_except(Enrolment)
        .exists()
    )


Candidates = Callable[[RuleTiming, EvaluationWindow], list[Select[Any]]]


def order_after_beginning() -> ColumnElement[bool]:
    """SQL condition: the order was placed after the moment that the enrolment counts from."""
    return col(Order.placed_at) > col(Enrolment.since_at)


@dataclass(frozen=True)
class Trigger:
    """The queries of an event. Each candidate has the columns `CANDIDATE_COLUMNS`."""

    newly_due: Candidates  # since the last evaluation
    due_among_changed: Candidates  # all due ones of customers whose markers the tick has claimed
    backlog: Candidates  # all occasions that came due before the rule began
    still_applies: Callable[[], ColumnElement[bool]]  # of an enrolment: its occasion has not passed
    end_reason: str | Callable[[], ColumnElement[str]]  # why an enrolment ends when it has
    length: Callable[[RuleTiming], timedelta] = lambda _rule: timedelta(0)
    # Of an order and an enrolment: it was placed after the occasion began.
    order_followed: Callable[[], ColumnElement[bool]] = order_after_beginning
    # Points the enrolments of claimed customers to the newest report of their occasion.
    follow_reports: Callable[[], Update] | None = None
    # Values of the queries' parameters besides those of the window. The names of the parameters
    # tell all that the SQL depends on besides the rule.
    own_parameters: Callable[[RuleTiming, EvaluationWindow], dict[str, Any]] = (
        lambda _rule, _window: {}
    )


def clock_trigger(
    occasions: Callable[[RuleTiming], Select[Any]],
    clock: Callable[[RuleTiming], SQLColumnExpression[Any]],
    length: Callable[[RuleTiming], timedelta],
    *,
    customer: SQLColumnExpression[Any],
    still_applies: Callable[[], ColumnElement[bool]],
    end_reason: str | Callable[[], ColumnElement[str]],
) -> Trigger:
    """A trigger whose occasions come due at a fixed length from a moment of their row.

    `occasions` selects the candidates without their due moment. `clock` is an indexed column: what
    came due is a range of it, not a scan. `length` may be negative. `customer` is the column of the
    customer's id, `still_applies` a condition on an enrolment, `end_reason` why it ends else.
    """

    def every(rule: RuleTiming) -> Select[Any]:
        return occasions(rule).add_columns(moment_after(clock(rule), LENGTH_PARAM).label("due_at"))

    def came_due(rule: RuleTiming, _window: EvaluationWindow) -> list[Select[Any]]:
        return [
            every(rule).where(clock(rule) <= CLOCK_UNTIL_PARAM, clock(rule) > CLOCK_AFTER_PARAM)
        ]

    def changed(rule: RuleTiming, _window: EvaluationWindow) -> list[Select[Any]]:
        return [
            every(rule).where(
                clock(rule) <= CLOCK_UNTIL_PARAM,
                customer.in_(changed_customers.claimed_customers(TICK_PARAM)),
            )
        ]

    def backlog(rule: RuleTiming, _window: EvaluationWindow) -> list[Select[Any]]:
        return [every(rule).where(clock(rule) < CLOCK_BEFORE_PARAM)]

    return Trigger(came_due, changed, backlog, still_applies, end_reason, length)
