"""Counts what a tick did, by one grouped query over the rows it touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from operator import eq, ge
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.message_states import State
from engine.messages.find_corrections import is_correction
from engine.tick.advance import DONE
from engine.tick.counts import Counts
from shop.tables import Enrolment, Message
from triggers.verdicts import Verdict

Comparison = Callable[[Any, Any], ColumnElement[bool]]
TICK_PARAMETER: BindParameter[int] = bindparam("tick")
VERDICT_TEXT = {Verdict.NO_BASIS: "never said yes"}
OUTCOME_OF_STATE = {
    State.SENT: "sent",
    State.REHEARSED: "rehearsed",
    State.SKIPPED: "skipped",
    State.DEFERRED: "deferred",
    State.FAILED: "failed",
    State.BOUNCED: "failed",
    State.DELIVERED: "sent",
    State.COMPLAINED: "sent",
    State.IN_DOUBT: "in_doubt",
    State.DECLINED: "skipped",
}


def count_tick(connection: Connection, config: OwnerConfig, tick: int) -> dict[str, Counts]:
    """Returns the counts of one `tick` by rule, in the order of `config`.

    Rules that are no longer in config.yaml appear only if their enrolments moved.
    """
    return _count(connection, config, eq, tick)


def count_since(connection: Connection, config: OwnerConfig, tick: int) -> dict[str, Counts]:
    """Returns the counts of all ticks from `tick` on: the last outcome of each enrolment."""
    return _count(connection, config, ge, tick)


def _count(
    connection: Connection, config: OwnerConfig, compare: Comparison, tick: int
) -> dict[str, Counts]:
    counts = {name: Counts() for name in config.rules}
    for row in connection.execute(_enrolment_counts_query(compare), {TICK_PARAMETER.key: tick}):
        _add(counts, row, *_outcome(row))
    for row in connection.execute(_correction_counts_query(compare), {TICK_PARAMETER.key: tick}):
        _add(counts, row, OUTCOME_OF_STATE[row.state], _reason_category(row))
    return counts


def _add(counts: dict[str, Counts], row: Any, outcome: str, reason: str | None) -> None:
    rule_counts = counts.setdefault(row.rule, Counts())
    rule_counts.outcomes[outcome] += row.people
    if reason:
        rule_counts.reasons[reason] += row.people


@dataclass(frozen=True)
class WrittenMails:
    """All mails ever sent or rehearsed: their number, the number of customers, the number by
    template.
    """

    total: int
    customers: int
    by_template: dict[str, int]


def count_written_mails(connection: Connection) -> WrittenMails:
    """Returns the totals over all rules and ticks."""
    is_written = col(Message.state).in_([State.SENT.value, State.REHEARSED.value])
    template = col(Message.template)
    query = select(template, func.count()).where(is_written).group_by(template).order_by(template)
    customers_query = select(func.count(col(Message.customer_id).distinct())).where(is_written)
    by_template = dict(connection.execute(query).tuples().all())
    return WrittenMails(
        sum(by_template.values()), connection.scalar(customers_query) or 0, by_template
    )


@cache
def _enrolment_counts_query(compare: Comparison) -> Select[Any]:
    """Grouped in the database, so that the cost does not depend on the size of the shop.

    The tick of a message is compared as a sum, which no index has: SQLite would take the index of
    the ticks, and look at all messages of the tick for every enrolment. The rule is grouped by as
    an expression: SQLite would read all enrolments in the order of the index of the rules.
    """
    rule: ColumnElement[str] = literal_column("enrolments.rule || ''")
    mails_of_tick = and_(
        col(Message.enrolment_id) == col(Enrolment.id),
        compare(col(Message.tick_id) + 0, TICK_PARAMETER),
        ~is_correction(),
    )
    columns = (
        rule.label("rule"),
        col(Enrolment.verdict),
        col(Enrolment.ended),
        col(Message.state),
        col(Message.reason),
    )
    return (
        select(*columns, func.count().label("people"))
        .select_from(Enrolment)
        .outerjoin(Message, mails_of_tick)
        .where(
            compare(col(Enrolment.tick_id), TICK_PARAMETER),
            col(Enrolment.verdict) != Verdict.NOT_MET.value,
        )
        .group_by(*columns)
        .order_by(*columns)
    )


@cache
def _correction_counts_query(compare: Comparison) -> Select[Any]:
    """Corrections belong to no enrolment; they are counted under a rule name of their own."""
    columns = (col(Message.rule), col(Message.state), col(Message.reason))
    has_outcome = col(Message.state).in_([state.value for state in OUTCOME_OF_STATE])
    return (
        select(*columns, func.count().label("people"))
        .where(is_correction(), has_outcome, compare(col(Message.tick_id), TICK_PARAMETER))
        .group_by(*columns)
        .order_by(*columns)
    )


def _outcome(row: Any) -> tuple[str, str | None]:
    if row.verdict != Verdict.GO:
        return "skipped", VERDICT_TEXT.get(row.verdict, row.verdict)
    if row.state in OUTCOME_OF_STATE:
        return OUTCOME_OF_STATE[row.state], _reason_category(row)
    if row.state is None and row.ended is not None:
        return "skipped", "no step was left" if row.ended == DONE else row.ended
    awaits_approval = row.state == State.AWAITING_APPROVAL
    return "waiting", "waits for your word" if awaits_approval else None


def _reason_category(row: Any) -> str | None:
    """The reason without its detail, which may describe one person."""
    if row.reason is None:
        return None
    category: str = row.reason.split(": ")[0]
    return row.reason if category == "stopped" else category
