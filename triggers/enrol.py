"""Evaluates a rule: one statement that gives every candidate an enrolment with a verdict.

Candidates are the customers whose clock came due since the last evaluation, and those that have
changed. The key (rule, customer, occasion) makes it harmless to evaluate twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Subquery,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlmodel import col

from shop.consent.basis import EMAIL
from shop.consent.existing_customer import SUFFICIENT_STATES, basis_state
from shop.db.cached_insert import Insert
from shop.db.constant_values import is_one_of
from shop.db.timezones import zones_in_use
from shop.db.upsert import STATEMENT_CACHE_SIZE, insert_into
from shop.identity.end_enrolments import PENDING_STATES
from shop.tables import Basis, Customer, Enrolment, Message
from shop.types.moment import Moment
from shop.types.purpose import Purpose
from triggers.config import Rule
from triggers.durations import LONGER_THAN_USUAL, allowed_lateness
from triggers.facts import conditions as fact_conditions
from triggers.registry import event_of, trigger_of
from triggers.steps import FIRST_PLACE
from triggers.stop import close_moot_tasks
from triggers.trigger import (
    BACKLOG_LIMIT_PARAM,
    CANDIDATE_COLUMNS,
    EARLIEST_DUE_PARAM,
    NOW_PARAM,
    RULE_PARAM,
    RULE_SINCE_PARAM,
    TICK_PARAM,
    TIMELY_SINCE_PARAM,
    EvaluationWindow,
    ParameterTerm,
    no_subject,
)
from triggers.verdicts import OPEN_VERDICTS, Verdict

ENROLMENT_COLUMNS = (
    "rule", "customer_id", "occasion", "subject_kind", "subject_id", "since_at", "due_at",
    "backlog", "enrolled_at", "verdict", "step", "next_at", "tick_id",
)  # fmt: skip
REEVALUATED_COLUMNS = (
    "verdict", "next_at", "tick_id", "since_at", "due_at", "enrolled_at", "backlog", "subject_id",
)  # fmt: skip

NEVER_SENT_STATES = ("skipped", "failed", "declined")
UNSENT_STATES = (*NEVER_SENT_STATES, *PENDING_STATES)


def enrol_candidates(
    connection: Connection, name: str, rule: Rule, window: EvaluationWindow, *, currency: str
) -> int:
    """Writes the verdicts of `rule` for the candidates of `window`.

    Before, enrolments follow newer reports of their occasion, such as a corrected answer.
    Returns how many enrolments of the backlog were begun. `currency` is that of the conditions.
    """
    if event_of(rule).by_calendar_day:
        window = replace(window, zones=zones_in_use(connection))
    trigger = trigger_of(rule)
    own_parameters = trigger.own_parameters(rule, window)
    statement = _cached_statement(statement_key(rule, window, currency, tuple(own_parameters)))
    parameters = own_parameters | window.statement_parameters(
        name, length=trigger.length(rule), lateness=allowed_lateness(rule)
    )
    if follow_reports := trigger.follow_reports:
        connection.execute(follow_reports(), parameters)
        close_moot_tasks(
            connection, name, rule, tick=window.tick, now=window.now, currency=currency
        )
    connection.execute(statement, parameters)
    if window.backlog_limit == 0:
        return 0
    return connection.scalar(_backlog_begun_query(), parameters) or 0


@dataclass(frozen=True)
class StatementKey:
    """What the SQL of a rule depends on; lengths and moments are parameters of the statement.

    Rule and window take no part in comparison: any of those with one key gives the same SQL.
    """

    rule: Rule = field(compare=False)
    window: EvaluationWindow = field(compare=False)
    event: str
    longer_than_usual: bool
    facts: tuple[str, str]
    currency: str
    channels: tuple[str, ...]
    backlog: tuple[bool, bool]
    own_parameters: tuple[str, ...]


def statement_key(
    rule: Rule, window: EvaluationWindow, currency: str, own_parameters: tuple[str, ...]
) -> StatementKey:
    """Returns what the SQL of `rule` in `window` depends on, with both."""
    return StatementKey(
        rule,
        window,
        event=rule.when,
        longer_than_usual=rule.for_ == LONGER_THAN_USUAL,
        facts=(repr(rule.if_), repr(rule.unless)),
        currency=currency,
        channels=tuple(term.channel for term in window.terms),
        backlog=(_has_backlog(rule), window.search_backlog),
        own_parameters=own_parameters,
    )


@lru_cache(STATEMENT_CACHE_SIZE)
def _cached_statement(key: StatementKey) -> Insert:
    return _enrol_statement(key.rule, key.window, key.currency)


def _enrol_statement(rule: Rule, window: EvaluationWindow, currency: str) -> Insert:
    """INSERT … SELECT … ON CONFLICT into enrolments.

    1. The candidates are judged (`select_verdicts`).
    2. Of the backlog, only as many as the limit allows may go; the newest first.
    3. An existing enrolment is updated only where its verdict is open, and the new one differs or
       is about a newer report.
    """
    verdicts = select_verdicts(rule, window, currency).cte("verdicts")
    within_backlog_limit = or_(
        verdicts.c.backlog.is_(False),
        verdicts.c.verdict != Verdict.GO.value,
        verdicts.c.rank <= BACKLOG_LIMIT_PARAM,
    )
    rows = select(*(verdicts.c[name] for name in ENROLMENT_COLUMNS)).where(within_backlog_limit)
    statement = insert_into(Enrolment)
    excluded = statement.excluded
    return statement.from_select(ENROLMENT_COLUMNS, rows).on_conflict_do_update(
        index_elements=["rule", "customer_id", "occasion"],
        set_={name: excluded[name] for name in REEVALUATED_COLUMNS},
        where=and_(
            _is_open(),
            or_(
                col(Enrolment.verdict) != excluded.verdict,
                col(Enrolment.subject_id).is_distinct_from(excluded.subject_id),
            ),
        ),
    )


@cache
def _backlog_begun_query() -> Select[tuple[int]]:
    of_tick = and_(col(Enrolment.rule) == RULE_PARAM, col(Enrolment.tick_id) == TICK_PARAM)
    begun = and_(col(Enrolment.backlog).is_(True), col(Enrolment.verdict) == Verdict.GO.value)
    return select(func.count()).where(of_tick, begun)


def count_backlog_begun(connection: Connection, name: str, start: datetime) -> int:
    """Returns how many enrolments of the rule's backlog have begun after `start`."""
    return (
        connection.scalar(
            select(func.count()).where(
                col(Enrolment.rule) == name,
                col(Enrolment.backlog).is_(True),
                col(Enrolment.verdict) == Verdict.GO.value,
                col(Enrolment.enrolled_at) > start,
            )
        )
        or 0
    )


def select_verdicts(rule: Rule, window: EvaluationWindow, currency: str) -> Select[Any]:
    """Selects the columns of an enrolment for each candidate.

    1. The candidate is joined with its customer, basis and the rows that facts are about.
    2. Its verdict is the first objection (`_verdict_of`).
    3. With the verdict "go" its first step is due at once: at the moment the occasion came due, or
       now for one of the backlog.
    4. It is ranked among the candidates of its verdict, the newest first, for the backlog's limit.
    """
    candidates, subject_kind = _candidates(rule, window), event_of(rule).subject
    backlog = candidates.c.due_at < RULE_SINCE_PARAM
    verdict = _verdict_of(rule, candidates.c.due_at, backlog, window, currency)
    # Waits and deadlines count from the due moment; for the backlog, from now.
    counts_from = case((backlog, NOW_PARAM), else_=candidates.c.due_at)
    next_at = type_coerce(case((verdict == Verdict.GO.value, counts_from)), Moment)
    rank = func.row_number().over(
        partition_by=[backlog, verdict], order_by=candidates.c.due_at.desc()
    )
    of_customer = and_(
        col(Basis.customer_id) == candidates.c.customer_id, col(Basis.channel) == EMAIL
    )
    statement = (
        select(
            RULE_PARAM.label("rule"),
            *(candidates.c[column] for column in CANDIDATE_COLUMNS),
            literal(subject_kind, String).label("subject_kind"),
            backlog.label("backlog"),
            NOW_PARAM.label("enrolled_at"),
            verdict.label("verdict"),
            literal(FIRST_PLACE).label("step"),
            next_at.label("next_at"),
            TICK_PARAM.label("tick_id"),
            rank.label("rank"),
        )
        .join(Customer, col(Customer.id) == candidates.c.customer_id)
        .outerjoin(Basis, of_customer)
    )
    return fact_conditions.join_fact_tables(
        statement, candidates.c.customer_id, subject_kind, candidates.c.subject_id
    )


def _verdict_of(
    rule: Rule,
    due_at: ColumnElement[datetime],
    is_backlog: ColumnElement[bool],
    window: EvaluationWindow,
    currency: str,
) -> ColumnElement[str]:
    """The SQL for the verdict: the first of not met, no address, no basis, too late; else go."""
    is_late = due_at < TIMELY_SINCE_PARAM
    if event_of(rule).is_state:
        is_late = and_(~is_backlog, is_late)
    conditions_met = fact_conditions.facts_hold(rule.if_, currency, col(Customer.id))
    if rule.unless:
        conditions_met = and_(
            conditions_met, ~fact_conditions.facts_hold(rule.unless, currency, col(Customer.id))
        )
    return case(
        (~conditions_met, Verdict.NOT_MET.value),
        (col(Customer.email).is_(None), Verdict.NO_ADDRESS.value),
        (~_may_be_mailed(event_of(rule).purpose, window), Verdict.NO_BASIS.value),
        (is_late, Verdict.TOO_LATE.value),
        else_=Verdict.GO.value,
    )


def _may_be_mailed(purpose: Purpose, window: EvaluationWindow) -> ColumnElement[bool]:
    """Marketing needs an opt-in or an existing customer; service only that there is no opt-out."""
    terms = [ParameterTerm(term.channel) for term in window.terms]
    state = basis_state(col(Customer.id), col(Basis.state), terms, NOW_PARAM)
    return is_one_of(state, [state.value for state in SUFFICIENT_STATES[purpose]])


def _candidates(rule: Rule, window: EvaluationWindow) -> Subquery:
    """One row per customer and occasion: the earliest of those with the same key.

    No CTE: the verdicts of several windows may be put together in one statement.
    """
    selects = union_all(*_candidate_selects(rule, window)).subquery()
    rows = {column: func.min(selects.c[column]).label(column) for column in CANDIDATE_COLUMNS}
    occasion_key = [selects.c.customer_id, selects.c.occasion]
    rows |= {
        "customer_id": occasion_key[0].label("customer_id"),
        "occasion": occasion_key[1].label("occasion"),
    }
    return select(*rows.values()).group_by(*occasion_key).subquery("candidates")


def _candidate_selects(rule: Rule, window: EvaluationWindow) -> list[Select[Any]]:
    """The selects whose union are the candidates: who the rule may be about this time.

    1. `newly_due`: occasions that came due since the last evaluation.
    2. `due_among_changed`: all due occasions of customers whose markers this tick has claimed.
       Without `include backlog`, only those due since the rule began.
    3. `backlog`: occasions from before the rule began, when the window asks for them.
    4. For an event that is no state, 2 and 3 leave out what is long too late: nothing is stored.
    5. Occasions with a final verdict are left out.
    6. Where a mail answers earlier occasions, too, those are left out.
    7. For a state, occasions are left out that a mail of this rule has answered since, or that a
       running enrolment answers: late data may move the beginning of a state.
    """
    trigger = trigger_of(rule)
    changed = trigger.due_among_changed(rule, window)
    if not _has_backlog(rule):
        changed = _due_from(changed, RULE_SINCE_PARAM)
    backlog = trigger.backlog(rule, window) if window.search_backlog else []
    if not event_of(rule).is_state:
        # No verdict is stored for what is long past.
        backlog = _due_from(backlog, TIMELY_SINCE_PARAM)
        changed = _due_from(changed, EARLIEST_DUE_PARAM)
    selects = [*trigger.newly_due(rule, window), *changed, *backlog]
    undecided = [candidates.where(~_has_final_row(candidates)) for candidates in selects]
    if event_of(rule).mail_answers_earlier:
        undecided = [
            candidates.where(~_mailed_since(candidates, UNSENT_STATES)) for candidates in undecided
        ]
    if event_of(rule).is_state:
        undecided = [
            candidates.where(
                ~_mailed_since(candidates, NEVER_SENT_STATES), ~_has_running_series(candidates)
            )
            for candidates in undecided
        ]
    return [*undecided, _empty_candidates()]


def _due_from(selects: Sequence[Select[Any]], start: ColumnElement[datetime]) -> list[Select[Any]]:
    return [
        candidates.where(candidates.selected_columns["due_at"] >= start) for candidates in selects
    ]


def _has_backlog(rule: Rule) -> bool:
    return rule.include_backlog is not None and rule.include_backlog.per_day != 0


def _empty_candidates() -> Select[Any]:
    """Selects the columns and no row, because a union needs at least one select."""
    no_moment = literal(None, Moment)
    return select(
        literal(0).label("customer_id"),
        literal("").label("occasion"),
        no_subject(),
        no_moment.label("since_at"),
        no_moment.label("due_at"),
    ).where(false())


def _has_final_row(candidates: Select[Any]) -> ColumnElement[bool]:
    columns = candidates.selected_columns
    return (
        select(col(Enrolment.id))
        .where(
            col(Enrolment.rule) == RULE_PARAM,
            col(Enrolment.customer_id) == columns["customer_id"],
            col(Enrolment.occasion) == columns["occasion"],
            ~_is_open(),
        )
        .exists()
    )


def _is_open() -> ColumnElement[bool]:
    return is_one_of(col(Enrolment.verdict), [verdict.value for verdict in OPEN_VERDICTS])


def _has_running_series(candidates: Select[Any]) -> ColumnElement[bool]:
    """A cancelled visit moves the beginning back; the running enrolment answers that state."""
    columns = candidates.selected_columns
    return (
        select(col(Enrolment.id))
        .where(
            col(Enrolment.rule) == RULE_PARAM,
            col(Enrolment.customer_id) == columns["customer_id"],
            col(Enrolment.since_at) >= columns["since_at"],
            col(Enrolment.next_at).is_not(None),
        )
        .exists()
    )


def _mailed_since(candidates: Select[Any], unsent_states: Collection[str]) -> ColumnElement[bool]:
    """Whether the rule has written to the customer since; a mail in `unsent_states` does not count.

    Late data may move the beginning of a state, or bring an occasion from before the mail.
    """
    columns = candidates.selected_columns
    return (
        select(col(Message.id))
        .where(
            col(Message.rule) == RULE_PARAM,
            col(Message.customer_id) == columns["customer_id"],
            col(Message.created_at) >= columns["since_at"],
            ~is_one_of(col(Message.state), unsent_states),
        )
        .exists()
    )
