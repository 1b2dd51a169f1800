"""What every `when` has to say of the rows it is about."""

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
    Select,
    SQLColumnExpression,
    String,
    bindparam,
)

from shop.consent.existing_customer import Term
from shop.db import changed_customers
from shop.types.moment import MICROSECOND, Moment, after
from triggers.config import Rule
from triggers.durations import lateness

INSTANT = timedelta(microseconds=1)


def moment(name: str) -> BindParameter[datetime]:
    """What a look gives a statement, by name: put together once, it serves every look."""
    return bindparam(name, type_=Moment)


def bought_from(channel: str) -> BindParameter[datetime]:
    """The earliest purchase at a channel that makes somebody an existing customer."""
    return moment(f"bought_from_{channel}")


@dataclass(frozen=True)
class VouchedAt:
    """A channel where buyers are told; since when a purchase there counts is given later."""

    channel: str

    def covers_from(self, _now: Any) -> BindParameter[datetime]:
        return bought_from(self.channel)


OURS = bindparam("our_rule", type_=String)
TICK, MOST, LENGTH = (
    bindparam(name, type_=BigInteger) for name in ("our_tick", "at_most", "our_length")
)
NOW, SINCE, WORTH, BEGINS = map(moment, ("now", "rule_since", "worth_since", "begins"))
CLOCK_BY, CLOCK_AFTER, CLOCK_BEFORE = map(moment, ("clock_by", "clock_after", "clock_before"))
CANDIDATE = ("customer_id", "occasion", "cart_id", "answer_id", "since_at", "due_at")


@dataclass(frozen=True)
class Look:
    """From where to where a rule looks this time."""

    tick: int
    now: datetime
    since: datetime  # the rule looks forward from here
    looked_until: datetime
    looked_length: timedelta  # the rule's length when it last looked
    zone: ZoneInfo  # the shop's
    backlog: int = 0  # how many from before `since` may begin now
    terms: tuple[Term, ...] = ()  # on which the owner vouches for existing customers
    search_backlog: bool = False  # whether to look for them, or only at those who changed
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)  # the customers' own

    def given(self, name: str, rule: Rule, length: timedelta) -> dict[str, Any]:
        """All that this look gives the statements of a rule, by name."""
        worth = self.now - lateness(rule)
        return {
            OURS.key: name,
            NOW.key: self.now,
            SINCE.key: self.since,
            WORTH.key: worth,
            BEGINS.key: min(self.since, worth),
            TICK.key: self.tick,
            MOST.key: self.backlog,
            LENGTH.key: length // MICROSECOND,
            CLOCK_BY.key: self.now - length,
            CLOCK_AFTER.key: self.clock_after(length),
            CLOCK_BEFORE.key: self.since - length,
            **{bought_from(one.channel).key: one.covers_from(self.now) for one in self.terms},
        }

    @property
    def new_after(self) -> datetime:
        """What came due later than this is new."""
        return max(self.looked_until, self.since - INSTANT)

    def clock_after(self, length: timedelta) -> datetime:
        """How far the rule has looked on its clock: an owner who shortens `for` loses nobody."""
        return max(self.looked_until - self.looked_length, self.since - INSTANT - length)


Candidates = Callable[[Rule, Look], list[Select[Any]]]


@dataclass(frozen=True)
class Trigger:
    """A `when` in the database. Each candidate is selected as `CANDIDATE` names it."""

    came_due: Candidates  # since it last looked
    changed: Candidates  # of those whose marks this tick has claimed, all that is due by now
    backlog: Candidates  # all that came due before the rule's time
    still_so: Callable[[], ColumnElement[bool]]  # of an enrolment: its occasion has not passed
    over: str  # why an enrolment ends when it has
    length: Callable[[Rule], timedelta] = lambda _rule: timedelta(0)


def clocked(
    occasions: Callable[[Rule], Select[Any]],
    clock: Callable[[Rule], SQLColumnExpression[Any]],
    length: Callable[[Rule], timedelta],
    *,
    customer: SQLColumnExpression[Any],
    still_so: Callable[[], ColumnElement[bool]],
    over: str,
) -> Trigger:
    """A `when` whose occasions come due so long after (or before) a moment of their row.

    `clock` is an indexed column: what came due is a range of it, not a look at every row.
    """

    def every(rule: Rule) -> Select[Any]:
        return occasions(rule).add_columns(after(clock(rule), LENGTH).label("due_at"))

    def came_due(rule: Rule, _look: Look) -> list[Select[Any]]:
        return [every(rule).where(clock(rule) <= CLOCK_BY, clock(rule) > CLOCK_AFTER)]

    def changed(rule: Rule, _look: Look) -> list[Select[Any]]:
        return [
            every(rule).where(
                clock(rule) <= CLOCK_BY, customer.in_(changed_customers.changed(TICK))
            )
        ]

    def backlog(rule: Rule, _look: Look) -> list[Select[Any]]:
        return [every(rule).where(clock(rule) < CLOCK_BEFORE)]

    return Trigger(came_due, changed, backlog, still_so, over, length)
