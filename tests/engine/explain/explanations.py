"""Helpers for tests of explanations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from engine.explain.explain import explain_customer
from engine.explain.model import CustomerExplanation, Mail, OccasionExplanation, RuleExplanation
from shop.db.engine import read_transaction
from tests.cafe import MARCH, Cafe

ANA, CLARA = "ana@example.com", "clara@example.com"
MINUTE = timedelta(minutes=1)


def explain(
    cafe: Cafe, identifier: str = CLARA, rule: str | None = None, at: datetime = MARCH
) -> CustomerExplanation:
    with read_transaction(cafe.engine) as connection:
        return explain_customer(connection, cafe.shop, identifier, rule, now=at)


def explain_only_rule(cafe: Cafe, identifier: str = CLARA, at: datetime = MARCH) -> RuleExplanation:
    [rule] = explain(cafe, identifier, at=at).rules
    return rule


def latest_occasion(
    cafe: Cafe, identifier: str = CLARA, at: datetime = MARCH
) -> OccasionExplanation:
    """Explain the latest occasion of the only rule."""
    return explain_only_rule(cafe, identifier, at).occasions[-1]


def unmet_conditions(occasion: OccasionExplanation) -> list[str]:
    """The unmet conditions, with the values found."""
    return [
        f"{condition.clause} {condition.condition}: {condition.actual}"
        for condition in occasion.conditions
        if not condition.met
    ]


def only_mail(occasion: OccasionExplanation) -> Mail:
    [mail] = [step.mail for step in occasion.steps if step.mail]
    return mail


def answer_row(name: str, at: datetime, **fields: Any) -> dict[str, Any]:
    return {
        "source": "online-shop", "external_id": f"answer-{name}", "customer_source": "online-shop",
        "customer_key": name, "answered_at": at, "csat": None, "nps": None, "words": None,
        "survey": None, "version": 1,
    } | fields  # fmt: skip
