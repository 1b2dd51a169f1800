"""Explains, for one customer, every rule's decisions condition by condition. Read-only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.explain.event_context import describe_trigger, explain_context
from engine.explain.find_customer import find_customer
from engine.explain.load_customer import CustomerHistory, load_history
from engine.explain.model import CustomerExplanation, RuleExplanation
from engine.explain.occasions import explain_occasion, explain_removed_rule
from engine.open.open_shop import OpenShop
from settings.errors import WrongUsageError
from settings.model import nearest
from triggers.config import Rule
from triggers.event import Occasion
from triggers.list_occasions import list_occasions
from triggers.registry import event_of

PAST_SHOWN = 5  # past occasions per rule
UPCOMING_SHOWN = 2  # upcoming occasions per rule
Row = Any
Pair = tuple[Occasion, Row | None]


def explain_customer(
    connection: Connection, shop: OpenShop, identifier: str, rule: str | None, *, now: datetime
) -> CustomerExplanation:
    """Explain each rule of the file, and removed rules that once enrolled this customer.

    `identifier` is an address, a phone number or a customer number; `rule` limits the explanation
    to one rule. Raises `WrongUsageError` where the customer or the rule is unknown.
    """
    customer = find_customer(connection, identifier, shop.config.shop.country)
    history = load_history(connection, shop, customer, now=now)
    names = list(dict.fromkeys([*shop.config.rules, *history.enrolments]))
    if rule is not None and rule not in names:
        raise WrongUsageError(_unknown_rule(rule, names))
    return CustomerExplanation(
        customer=customer,
        changed=history.changed,
        held=history.hold_text(None),
        rules=[_explain_rule(history, name) for name in ([rule] if rule is not None else names)],
    )


def _unknown_rule(rule: str, names: Sequence[str]) -> str:
    suggestion = nearest(rule, names)
    hint = (
        f'Did you mean "{suggestion}"?'
        if suggestion
        else f"There are: {', '.join(names) or 'none'}."
    )
    return f"There is no rule {rule}. {hint}"


def _explain_rule(history: CustomerHistory, rule_name: str) -> RuleExplanation:
    rule, state = history.shop.config.rules.get(rule_name), history.states.get(rule_name)
    enrolments = history.enrolments.get(rule_name, ())
    pairs = (
        _pair_occasions(history, rule_name, rule, enrolments)
        if rule
        else [(_occasion_of(enrolment), enrolment) for enrolment in enrolments]
    )
    shown = _select_shown(pairs, history.now, state.since if state else history.now)
    return RuleExplanation(
        rule=rule_name,
        when=describe_trigger(history, rule) if rule else None,
        began_at=state.since if state else None,
        looked_until=state.looked_until if state else None,
        held=history.hold_text(rule_name),
        no_occasion=_no_occasion(history, rule) if rule and not pairs else None,
        occasions=[
            explain_occasion(history, rule_name, rule, occasion, enrolment)
            if rule
            else explain_removed_rule(history, enrolment)
            for occasion, enrolment in shown
        ],
        left_out=len(pairs) - len(shown),
    )


def _no_occasion(history: CustomerHistory, rule: Rule) -> str:
    return event_of(rule).describe_no_occasion(explain_context(history, rule), rule)


def _pair_occasions(
    history: CustomerHistory, name: str, rule: Rule, rows: Sequence[Row]
) -> list[Pair]:
    """Occasions with their enrolment, or None where there is none yet; ordered by due time."""
    zone, connection = history.shop.config.shop.zone, history.connection
    occasions = list_occasions(
        connection, name, rule, history.customer.number, now=history.now, zone=zone
    )
    enrolled_keys = {row.occasion for row in rows}
    pairs: list[Pair] = [(_occasion_of(row), row) for row in rows]
    pairs += [(occasion, None) for occasion in occasions if occasion.key not in enrolled_keys]
    return sorted(pairs, key=lambda pair: (pair[0].due_at, pair[0].key))


def _occasion_of(row: Row) -> Occasion:
    return Occasion(row.occasion, row.subject_kind, row.subject_id, row.since_at, row.due_at)


def _select_shown(pairs: Sequence[Pair], now: datetime, began: datetime) -> list[Pair]:
    """Running enrolments, the latest past occasions and the next upcoming ones.

    Of the occasions that ended before the rule began, only the last is shown.
    """
    past_pairs = [pair for pair in pairs if pair[0].due_at <= now]
    upcoming = [pair for pair in pairs if pair[0].due_at > now]
    before_rule = [pair for pair in past_pairs if pair[1] is None and pair[0].due_at < began]
    past_pairs = [pair for pair in past_pairs if pair not in before_rule[:-1]]
    earlier, latest = past_pairs[:-PAST_SHOWN], past_pairs[-PAST_SHOWN:]
    running = [pair for pair in earlier if pair[1] is not None and pair[1].next_at is not None]
    return [*running, *latest, *upcoming[:UPCOMING_SHOWN]]
