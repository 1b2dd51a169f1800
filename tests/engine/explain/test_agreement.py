"""Explanations agree with what the next run does, and scan no large table."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event
from sqlmodel import col

from engine.explain.explain import explain_customer
from engine.explain.model import OccasionExplanation, Status
from engine.explain.profile import load_profile
from engine.owner.pause import pause_mail, resume_mail
from shop.consent.suppressions import SuppressionReason, suppress_address
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Enrolment, Message
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.engine.explain.explanations import CLARA, answer_row
from tests.rows import cart, cart_line, identity, order, order_line, statement

VERDICTS = {
    "if": "if not met", "unless": "if not met", "address": "no address", "basis": "no basis",
    "at most late": "too late",
}  # fmt: skip
EVENING = MARCH + 12 * HOUR
RULES = """
    loyalty: {earn: 1 point per 1, expire after: 30 days}
    rules:
      cart:
        when: cart abandoned
        for: 3 hours
        if: {cart total: at least 15}
        then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
      away:
        when: no visit
        for: 45 days
        if: {visits: at least 2}
        unless: {tags: [staff]}
        then: [{send: we-miss-you}]
      usual: {when: no visit, for: longer than usual, then: [{send: we-miss-you}]}
      birthday: {when: birthday, in: 3 days, then: [{send: birthday}]}
      answered: {when: survey answered, if: {csat: at most 2}, then: [{task: Call them}]}
      earned: {when: points earned, if: {points: at least 20}, then: [{send: points-earned}]}
      ending: {when: points expire, in: 14 days, then: [{send: points-expiring}]}
      welcome: {when: subscribed, then: [{wait: 1 day}, {send: welcome}]}
"""


def with_rules(test: Any) -> Any:
    test.__doc__ = RULES
    return test


def add_customers(cafe: Cafe) -> list[int]:
    """Two dozen varied customers, seen by a run a day ago."""
    cafe.run(MARCH - 30 * DAY)
    rows_by_table: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number in range(24):
        for table, rows in customer_rows(number).items():
            rows_by_table[table] += rows
    cafe.arrive(**rows_by_table)
    cafe.run(MARCH - DAY)
    return list(range(1, 25))


def customer_rows(number: int) -> dict[str, list[dict[str, Any]]]:
    """Rows of customer `number`, with or without consent, address, tag, cart and visits."""
    name = f"c{number}"
    address = f"{name}@example.com" if number % 5 else None
    consent = ("yes", None, "no", "yes")[number % 4]
    tags = '["staff"]' if number % 7 == 0 else "[]"
    day = f"1990-03-{number % 9 + 1:02}"
    last = MARCH - 45 * DAY - 12 * HOUR + number % 2 * DAY
    cart_left = MARCH - 2 * HOUR - number * HOUR
    visits = [last - n * (5 + number % 4) * DAY for n in range(number % 6)]
    return {
        "identities": [identity(name, email=address, version=2, tags=tags, birthday=day)],
        "statements": [statement(name, consent, MARCH - 400 * DAY)] if consent else [],
        "answers": [answer_row(name, MARCH - HOUR * number, csat=number % 5 + 1)],
        "carts": [cart(f"cart-{name}", name, cart_left, total=1000 + 100 * number)],
        "cart_lines": [cart_line(f"cart-{name}", 0, "Granola", 1850)],
        "orders": [order(f"{name}-{at.isoformat()}", name, at) for at in visits],
        "order_lines": [order_line(f"{name}-{at.isoformat()}", 0, "Flat white") for at in visits],
    }


def explain_occasions(
    cafe: Cafe, customer: int, at: Any
) -> dict[tuple[str, int, str], OccasionExplanation]:
    with read_transaction(cafe.engine) as connection:
        explanation = explain_customer(connection, cafe.shop, str(customer), None, now=at)
    return {
        (rule.rule, customer, occasion.occasion): occasion
        for rule in explanation.rules
        for occasion in rule.occasions
    }


@with_rules
def test_explained_conditions_predict_the_verdict_of_the_next_run(
    cafe: Cafe,
) -> None:
    before: dict[tuple[str, int, str], OccasionExplanation] = {}
    for customer in add_customers(cafe):
        before |= explain_occasions(cafe, customer, MARCH)
    cafe.run(MARCH)
    after = verdicts_by_occasion(cafe)
    assert after.keys() <= before.keys()
    foretold = [key for key, occasion in before.items() if occasion.status is Status.NEXT_RUN]
    assert len(foretold) > 20
    for key in foretold:
        failed_clause = next(
            (occasion.clause for occasion in before[key].conditions if not occasion.met), None
        )
        assert (key, after.get(key)) == (key, VERDICTS[failed_clause] if failed_clause else "go")
    for key, occasion in before.items():
        if occasion.status in (Status.NOT_DUE, Status.BEFORE_RULE, Status.ALREADY_ANSWERED):
            assert key not in after


def verdicts_by_occasion(cafe: Cafe) -> dict[tuple[str, int, str], str]:
    rows = cafe.select_all(
        col(Enrolment.rule),
        col(Enrolment.customer_id),
        col(Enrolment.occasion),
        col(Enrolment.verdict),
    )
    return {(rule, customer, occasion): verdict for rule, customer, occasion, verdict in rows}


LIMITS = """
    shop:
      name: Corner Café
      country: PT
      language: en
      currency: EUR
      timezone: Europe/Lisbon
      reply to: ana@cornercafe.example
      postal address: Rua das Flores 12, 1200-192 Lisboa
      public address: https://mail.cornercafe.example
    sending:
      from: Ana at Corner Café <ana@cornercafe.example>
      quiet hours: 21:00 to 08:00
      usual time: 10:00
      no more than: 1 email per 2 days
      ask me above: 1000
"""


def test_explained_gate_verdicts_match_the_next_delivery(cafe: Cafe) -> None:
    customers = add_customers(cafe)
    pause_mail(cafe.shop, None, None, now=MARCH)
    cafe.run(MARCH)
    cafe.record_consent("c3", "no", MARCH)
    cafe.record_consent("c7", "no", MARCH)
    cafe.visits("c8", MARCH)
    with write_transaction(cafe.engine) as connection:
        suppress_address(connection, "c4@example.com", SuppressionReason.BY_HAND, None, now=MARCH)
    cafe.run(MARCH + HOUR)  # a run must see changes before the gate does
    resume_mail(cafe.shop, None)
    verdicts: set[str] = set()
    for at in (EVENING, MARCH + DAY):
        gates = {
            step.mail.id: step.mail.gate
            for customer in customers
            for message in explain_occasions(cafe, customer, at).values()
            for step in message.steps
            if step.mail and step.mail.gate and step.mail.due_at <= at
        }
        cafe.run(at)
        rows = cafe.select_all(col(Message.id), col(Message.state), col(Message.reason))
        became = {message: (state, reason) for message, state, reason in rows}
        for message, gate in gates.items():
            assert verdict_text(*became[message]) == gate.verdict
        verdicts |= {gate.verdict for gate in gates.values()}
    assert verdicts >= {
        "is rehearsed with the next run", "said no", "stopped: the customer came back",
        "no mail to this address: by hand", "put off: enough mail for now", "put off: quiet hours",
    }  # fmt: skip


test_explained_gate_verdicts_match_the_next_delivery.__doc__ = LIMITS + RULES


def verdict_text(state: str, reason: str | None) -> str:
    if state == "rehearsed":
        return "is rehearsed with the next run"
    return f"put off: {reason}" if state == "deferred" else str(reason)


@contextmanager
def recording_statements(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    statements: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_explanations_scan_no_large_table(sqlite: Engine, tmp_path: Any) -> None:
    cafe = Cafe(sqlite, tmp_path, inspect.cleandoc(RULES))
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 3 * HOUR)
    cafe.run()
    with recording_statements(sqlite) as statements, read_transaction(sqlite) as connection:
        for identifier in (CLARA, "1"):
            explain_customer(connection, cafe.shop, identifier, None, now=MARCH)
            load_profile(connection, cafe.shop.config, identifier, now=MARCH)
    queries = [executed for executed in statements if executed[0].startswith(("SELECT", "WITH"))]
    assert len(queries) > 30
    small = {"stops", "rule_states"}
    with sqlite.connect() as connection:
        for statement, parameters in queries:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            scanned = {row[3].split()[1] for row in plan if row[3].startswith("SCAN")}
            assert not {executed for executed in scanned - small if executed in cafe_tables()}, (
                statement
            )


def cafe_tables() -> set[str]:
    return set(Message.metadata.tables)
