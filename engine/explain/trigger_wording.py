"""What the sentences of an event need to know about one customer and the reader's clock."""

from __future__ import annotations

from functools import partial

from engine.explain.load_customer import CustomerHistory
from engine.time_format import format_day, format_moment
from triggers.config import Rule
from triggers.event import ExplainContext


def describe_trigger(rule: Rule) -> str:
    """No visit for 45 days."""
    length = f" for {rule.for_}" if rule.for_ else f" in {rule.in_}" if rule.in_ else ""
    return f"{rule.when}{length}"


def explain_context(history: CustomerHistory) -> ExplainContext:
    """Returns the context in which an event describes the occasions of this customer."""
    zone = history.shop.config.shop.zone
    return ExplainContext(
        connection=history.connection,
        customer_id=history.customer.number,
        zone=zone,
        format_time=partial(format_moment, zone=zone),
        format_day=format_day,
    )
