"""Asking why, as the tests do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from engine.explain.explain import explain
from engine.explain.model import Explanation, Happening, Mail, RuleTold
from shop.db.engine import reading
from tests.cafe import MARCH, Cafe

ANA, CLARA = "ana@example.com", "clara@example.com"
MINUTE = timedelta(minutes=1)


def why(
    cafe: Cafe, whom: str = CLARA, rule: str | None = None, at: datetime = MARCH
) -> Explanation:
    with reading(cafe.engine) as connection:
        return explain(connection, cafe.shop, whom, rule, now=at)


def only_rule(cafe: Cafe, whom: str = CLARA, at: datetime = MARCH) -> RuleTold:
    [rule] = why(cafe, whom, at=at).rules
    return rule


def last(cafe: Cafe, whom: str = CLARA, at: datetime = MARCH) -> Happening:
    """What is told of the latest occasion."""
    return only_rule(cafe, whom, at).happenings[-1]


def not_met(happening: Happening) -> list[str]:
    """The clauses that say no, with what is found."""
    return [f"{one.of} {one.asked}: {one.found}" for one in happening.asked if not one.met]


def mail_of(happening: Happening) -> Mail:
    [mail] = [step.mail for step in happening.steps if step.mail]
    return mail


def answer(name: str, at: datetime, **said: Any) -> dict[str, Any]:
    return {
        "source": "online-shop", "external_id": f"answer-{name}", "customer_source": "online-shop",
        "customer_key": name, "answered_at": at, "csat": None, "nps": None, "words": None,
        "survey": None, "version": 1,
    } | said  # fmt: skip
