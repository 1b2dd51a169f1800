"""Rules of one kind share a statement and differ in its parameters."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event
from sqlmodel import col

from shop.db.engine import write_transaction
from shop.tables import Enrolment
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.triggers.conftest import set_rules
from triggers.config import Rule
from triggers.registry import events, trigger_of
from triggers.trigger import EvaluationWindow

AWAY = "rules: {we-miss-you: {when: no visit, for: 45 days, then: [{send: we-miss-you}]}}"


def test_rules_of_one_kind_keep_their_own_lengths(corner: Cafe) -> None:
    """
    rules:
      at-once: {when: cart abandoned, for: 1 hour, then: [{send: cart-reminder}]}
      later: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}]}
      in-the-evening: {when: cart abandoned, for: 8 hours, then: [{send: cart-reminder}]}
    """
    corner.run(MARCH - 10 * DAY)
    corner.customer("clara")
    corner.cart("clara", MARCH - 4 * HOUR)
    corner.run(MARCH)
    due = corner.select_all(col(Enrolment.rule), col(Enrolment.due_at))
    assert sorted(due) == [("at-once", MARCH - 3 * HOUR), ("later", MARCH - HOUR)]


def test_rules_of_one_kind_keep_their_own_facts(corner: Cafe) -> None:
    """
    rules:
      few:
        when: cart abandoned
        for: 1 hour
        if: {orders: at most 1}
        then: [{send: cart-reminder}]
      many:
        when: cart abandoned
        for: 1 hour
        if: {orders: at least 2}
        then: [{send: cart-reminder}]
    """
    corner.run(MARCH - 10 * DAY)
    corner.customer("clara")
    corner.visits("clara", MARCH - DAY)
    corner.cart("clara", MARCH - 4 * HOUR)
    corner.run(MARCH)
    verdicts = corner.select_all(col(Enrolment.rule), col(Enrolment.verdict))
    assert sorted(verdicts) == [("few", "go"), ("many", "if not met")]


@pytest.mark.parametrize(("limit_days", "verdict"), [(100, "go"), (46, "no basis"), (47, "go")])
def test_consent_terms_are_parameters(corner: Cafe, limit_days: int, verdict: str) -> None:
    online = f"{{when buying: may be mailed, told since: 1 June 2025, for: {limit_days} days}}"
    shop = FILE.replace("country: PT", "country: IE")
    set_rules(corner, f"{shop}\nconsent: {{online: {online}}}\n{AWAY}")
    corner.run(MARCH - 10 * DAY)
    corner.customer("ana", says=None)
    corner.visits("ana", MARCH - 46 * DAY - HOUR)
    corner.run(MARCH)
    assert corner.select_all(col(Enrolment.verdict)) == [verdict]


@pytest.mark.parametrize(
    "event_name", sorted(name for name, event in events().items() if not event.by_calendar_day)
)
def test_due_occasions_are_found_by_index(sqlite: Engine, event_name: str) -> None:
    """The cost of a tick follows the occasions that came due, not the size of the shop."""
    rule_config = {"when": event_name, "for": "1 day", "in": "1 day", "then": [{"send": "welcome"}]}
    rule = Rule.model_validate(rule_config)
    window = EvaluationWindow(
        1, MARCH, MARCH - 9 * DAY, MARCH - DAY, DAY, ZoneInfo("Europe/Lisbon")
    )
    executed: list[tuple[str, Any]] = []
    with write_transaction(sqlite) as connection:
        event.listen(
            connection, "before_cursor_execute", lambda *said: executed.append((said[2], said[3]))
        )
        for candidates in trigger_of(rule).newly_due(rule, window):
            connection.execute(
                candidates, window.statement_parameters("ours", length=DAY, lateness=DAY)
            )
        [(statement, parameters)] = executed
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert not [step for step in plan if step[3].startswith("SCAN")], plan
