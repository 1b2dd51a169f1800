"""Reads the counters of rules: numbers of people, mails and tasks by step and outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, func, select
from sqlmodel import col

from engine.rules.period import Period
from shop.rule_counts.classes import ALL_TIMES, Kind
from shop.tables import RuleCount


class Class(NamedTuple):
    """What is counted together; empty texts for none."""

    step: str
    state: str
    reason: str


@dataclass(frozen=True)
class RuleNumbers:
    """The numbers of one rule. Mails are those of all times, of a period and of the one before."""

    people: Counter[Class] = field(default_factory=Counter)
    mails: Counter[Class] = field(default_factory=Counter)
    tasks: Counter[Class] = field(default_factory=Counter)
    mails_in_period: Counter[Class] = field(default_factory=Counter)
    mails_before: Counter[Class] = field(default_factory=Counter)


def load_numbers(
    connection: Connection, period: Period, rule: str | None = None
) -> dict[str, RuleNumbers]:
    """Returns the numbers of each rule that has any, or of `rule` alone, by name.

    Two reads of counters, whatever the number of customers.
    """
    numbers: dict[str, RuleNumbers] = {}
    selected = {"of": rule} if rule is not None else {}
    for row in connection.execute(_all_times_query(rule is not None), selected):
        counts = numbers.setdefault(row.rule, RuleNumbers())
        by_kind = {Kind.PEOPLE: counts.people, Kind.MAILS: counts.mails, Kind.TASKS: counts.tasks}
        by_kind[Kind(row.kind)][Class(row.step, row.state, row.reason)] += int(row.number)
    before, (begin, end) = period.before.quarters, period.quarters
    spans = {"before": before[0], "begin": begin, "end": end} | selected
    for row in connection.execute(_period_query(rule is not None), spans):
        counts = numbers.setdefault(row.rule, RuleNumbers())
        mails = counts.mails_in_period if row.is_in_period else counts.mails_before
        mails[Class(row.step, row.state, row.reason)] += int(row.number)
    return numbers


def total(counts: Counter[Class], states: Iterable[str], step: str | None = None) -> int:
    """Returns the sum over `states`, of one `step` if it is given."""
    return sum(
        number
        for counted, number in counts.items()
        if counted.state in states and step in (None, counted.step)
    )


@cache
def _all_times_query(of_one: bool) -> Select[Any]:
    key = (col(RuleCount.kind), col(RuleCount.rule), col(RuleCount.step), col(RuleCount.state),
           col(RuleCount.reason))  # fmt: skip
    query = select(*key, func.sum(col(RuleCount.number)).label("number")).group_by(*key)
    query = query.where(col(RuleCount.quarter) == ALL_TIMES)
    query = query.having(func.sum(col(RuleCount.number)) != 0)
    return query.where(col(RuleCount.rule) == bindparam("of")) if of_one else query


@cache
def _period_query(of_one: bool) -> Select[Any]:
    is_in_period = (col(RuleCount.quarter) >= bindparam("begin")).label("is_in_period")
    key = (is_in_period, col(RuleCount.rule), col(RuleCount.step), col(RuleCount.state),
           col(RuleCount.reason))  # fmt: skip
    in_both = and_(
        col(RuleCount.quarter) >= bindparam("before"), col(RuleCount.quarter) < bindparam("end")
    )
    query = select(*key, func.sum(col(RuleCount.number)).label("number")).where(in_both)
    query = query.group_by(*key).having(func.sum(col(RuleCount.number)) != 0)
    return query.where(col(RuleCount.rule) == bindparam("of")) if of_one else query
